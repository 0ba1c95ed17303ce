import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';
import { inTerminal, napLine, workAtTerminal } from './terminal.js';

/** `nap-controller exec`, without a terminal and in a real pseudo-terminal, that of script(1). */

jest.setTimeout(120_000);

const COMPOSE = `
services:
  web:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
    deploy: {replicas: 2, placement: {preferences: [{spread: node.hostname}]}}
`;

if (canRunDockerd()) describe('exec', onTwoHosts);

function onTwoHosts(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a', 'host-b');
    await bed.apply(COMPOSE);
  });
  afterAll(() => bed.close());

  const hostOf = (index: number) => {
    const found = bed.hosts.find(({ dockerd }) =>
      dockerd.docker('ps').includes(`shop-web-${index}`),
    );
    if (found === undefined) throw new Error(`shop-web-${index} is nowhere`);
    return found;
  };

  it('keeps output and errors apart, and ends with the exit code of the command', async () => {
    const script = 'echo out $WORD; echo err >&2; exit 3';
    expect(await bed.nap('exec', '-e', 'WORD=sesame', 'web/2', 'sh', '-c', script)).toEqual({
      ...{ exit: 3, out: 'out sesame\n', err: 'err\n' },
    });
    expect(await bed.nap('exec', 'shop/web/1', 'echo', '--help', '-f')).toMatchObject({
      ...{ exit: 0, out: '--help -f\n' },
    });
    expect((await bed.nap('exec', 'web', 'no-such-program')).exit).toBeGreaterThan(125);
    expect((await bed.nap('exec', '-u', '7', 'web', 'busybox', 'id', '-u')).out).toBe('7\n');
    expect(await bed.nap('exec', 'web/7', 'true')).toMatchObject({ exit: 8 });
    expect((await bed.nap('exec', '-it', 'web', 'sh')).err).toContain('is no terminal');
  });

  it.each(['-i', '-T'])(
    'takes input to its end with %s, byte for byte, and gives it back',
    async (flag) => {
      const bytes = randomBytes(5_000_000).toString('base64');
      const running = bed.start('exec', flag, 'web/1', 'cat');
      running.child.stdin?.end(bytes);
      const { exit, out } = await running.ended;
      expect(exit).toBe(0);
      expect(out === bytes).toBe(true);
      const deaf = bed.start('exec', '-i', 'web/1', 'sleep', '1');
      deaf.child.stdin?.on('error', () => undefined);
      deaf.child.stdin?.end(bytes);
      expect((await deaf.ended).exit).toBe(0);
    },
  );

  it('passes signals on to the command', async () => {
    const script = 'trap "echo got it; exit 9" INT; echo ready; while :; do sleep 0.1; done';
    const running = bed.start('exec', 'web/2', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('ready'));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ exit: 9, out: 'ready\ngot it\n' });
  });

  it('in a terminal: its size, also when that changes, Ctrl-C, and the exit code', async () => {
    const running = inTerminal(bed, napLine('exec -it web/2 sh'));
    await workAtTerminal(bed, running, () =>
      hostOf(2).dockerd.docker('top', 'shop-web-2').includes('sleep 1000\n'),
    );
    expect((await running.ended).exit).toBe(7);
  });

  it('whose host vanishes: says so, leaves the terminal as it was, and ends with 5', async () => {
    const host = hostOf(2);
    const shell = napLine('exec -it web/2 sh');
    const running = inTerminal(bed, 'stty -g', shell, 'code=$?', 'stty -g', 'exit $code');
    await until('a prompt', () => running.out().includes('# '));
    await host.stopAgent('SIGKILL');
    const { exit, out } = await running.ended;
    expect(exit).toBe(5);
    expect(out).toMatch(/error: host-\w has gone in the middle of the command/);
    const [before, after] = out.match(/^[0-9a-f]+(:[0-9a-f]+){10,}/gm) ?? [];
    expect(before).toBeDefined();
    expect(after).toBe(before);
    host.startAgent();
    await until(
      'the agent is back',
      async () => (await bed.nap('exec', 'web/2', 'true')).exit === 0,
    );
  });

  it('whose host freezes is given up, after some seconds of silence', async () => {
    const host = hostOf(1);
    const running = bed.start('exec', 'web/1', 'sleep', '1000');
    await until('it sleeps', () =>
      host.dockerd.docker('top', 'shop-web-1').includes('sleep 1000\n'),
    );
    host.signal('SIGSTOP');
    const { exit, err } = await running.ended;
    host.signal('SIGCONT');
    expect(exit).toBe(5);
    expect(err).toMatch(/has gone in the middle of the command: no sign of life/);
    // The other way round: what nobody waits for any more is told to end.
    await until(
      'it has ended',
      () => !host.dockerd.docker('top', 'shop-web-1').includes('sleep 1000\n'),
    );
  });
}
