import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed } from './bed.js';

/** What `down --volumes` drops on a real engine: also what nothing mounts any more. */

jest.setTimeout(120_000);

const WEB = `
services:
  web:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
`;
const WITH_DATA = `${WEB}
  db:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
    volumes: ["data:/data"]
volumes: { data: }
`;

if (canRunDockerd()) describe('down --volumes', onOneHost);

function onOneHost(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a');
  });
  afterAll(() => bed.close());

  const volumes = (): string => bed.host(0).dockerd.docker('volume', 'ls', '-q').trim();

  async function expectNothingLeft(): Promise<void> {
    const down = await bed.nap('down', '-p', 'shop', '--volumes', '--timeout', '60');
    expect(down).toMatchObject({ exit: 0 });
    expect(down.err).toContain('remove volume shop_data from host-a');
    expect(volumes()).toBe('');
    expect((await bed.nap('ls', '--format', '{{.Name}}')).out).toBe('');
    const again = await bed.nap('down', '-p', 'shop', '--volumes');
    expect(again).toMatchObject({ exit: 8 });
  }

  it('drops the volume of a service that has left the file', async () => {
    await bed.apply(WITH_DATA);
    await bed.apply(WEB);
    expect(volumes()).toBe('shop_data');
    await expectNothingLeft();
  });

  it('drops what an earlier down has kept', async () => {
    await bed.apply(WITH_DATA);
    await bed.nap('down', '-p', 'shop', '--timeout', '60');
    expect(volumes()).toBe('shop_data');
    await expectNothingLeft();
  });

  it('says so, and does not end well, when the engine keeps it: somebody else mounts it', async () => {
    await bed.apply(WITH_DATA);
    await bed.apply(WEB);
    const { dockerd } = bed.host(0);
    dockerd.docker('create', '--name', 'theirs', '-v', 'shop_data:/data', 'box', 'true');
    const down = await bed.nap('down', '-p', 'shop', '--volumes', '--timeout', '10');
    expect(down.exit).toBe(7);
    expect(down.err).toMatch(/shop\.volumes\.1.*volume is in use/);
    dockerd.docker('rm', 'theirs');
    const again = await bed.nap('down', '-p', 'shop', '--volumes', '--timeout', '60');
    expect(again).toMatchObject({ exit: 0 });
    expect(volumes()).toBe('');
  });
}
