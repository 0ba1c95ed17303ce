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
      .dockerd.docker(
        'ps',
        '-a',
        '--filter',
        'label=com.docker.compose.oneoff=True',
        '--format',
        '{{.Names}}',
      );

  async function begun(name: string): Promise<Running> {
    const script = 'echo on; while :; do sleep 1; done';
    const running = bed.start('run', '--rm', '--name', name, 'web', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('on'));
    return running;
  }

  const hasGone = (name: string): RegExp =>
    new RegExp(
      `^error: host-a: dockerd has gone in the middle of ${name}: .*\\n.* is removed then`,
    );

  it.each([
    { signal: 'SIGKILL', codes: [5] },
    // The engine ends its containers first, and says so, if its process lasts until the answer is written.
    { signal: 'SIGTERM', codes: [5, 137] },
  ] as const)('whose engine ends by $signal', async ({ signal, codes }) => {
    const { dockerd } = bed.host(0);
    const running = await begun(signal);
    await dockerd.halt(signal);
    const { exit, err } = await running.ended;
    expect(codes).toContain(exit);
    expect(err).toMatch(exit === 5 ? hasGone(signal) : /^$/);
    await dockerd.boot();
    await until('nothing is left', () => oneOffs() === '');
    await until(
      'another one runs',
      async () => (await bed.nap('run', '--rm', 'web', 'true')).exit === 0,
    );
  });
}
