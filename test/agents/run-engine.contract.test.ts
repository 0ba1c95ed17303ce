import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until, type Running } from './bed.js';

/** `nap-controller run` and an engine that goes down under it: what is said, and what is left once it is back. */

jest.setTimeout(120_000);

const COMPOSE = `
services:
  web:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
`;

if (canRunDockerd()) describe('run', onOneHost);

function onOneHost(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a');
    await bed.apply(COMPOSE);
  });
  afterAll(() => bed.close());

  const oneOffs = (): string =>
    bed
      .host(0)
      .dockerd.docker('ps', '-a', '--filter', 'label=nap.one-off', '--format', '{{.Names}}');

  async function begun(name: string): Promise<Running> {
    const script = 'echo on; while :; do sleep 1; done';
    const running = bed.start('run', '--rm', '--name', name, 'web', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('on'));
    return running;
  }

  it.each([
    {
      signal: 'SIGKILL',
      says: /^error: host-a: dockerd has gone in the middle of SIGKILL: .*\n.* is removed then/,
      code: 5,
    },
    // The engine ends its containers first, and says so.
    { signal: 'SIGTERM', says: /^$/, code: 137 },
  ] as const)('whose engine ends by $signal', async ({ signal, says, code }) => {
    const { dockerd } = bed.host(0);
    const running = await begun(signal);
    await dockerd.halt(signal);
    const { exit, err } = await running.ended;
    expect(exit).toBe(code);
    expect(err).toMatch(says);
    await dockerd.boot();
    await until('nothing is left', () => oneOffs() === '');
    await until(
      'another one runs',
      async () => (await bed.nap('run', '--rm', 'web', 'true')).exit === 0,
    );
  });
}
