import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';

/** `nap-controller logs` over two hosts. */

jest.setTimeout(120_000);

const COMPOSE = `
services:
  web:
    image: box
    command: [sh, -c, 'i=0; while :; do i=$$((i+1)); echo web $$i; sleep 0.05; done']
    stop_grace_period: 0s
    deploy: {replicas: 4, placement: {preferences: [{spread: node.hostname}]}}
  term:
    image: box
    tty: true
    command: [sh, -c, 'echo from a terminal; echo second; sleep 1000']
    stop_grace_period: 0s
  once:
    image: box
    restart: 'no'
    command: [sh, -c, 'echo out; echo err >&2; echo -n no end']
`;

if (canRunDockerd()) describe('logs', overTwoHosts);

function overTwoHosts(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a', 'host-b');
    await bed.apply(COMPOSE);
  });
  afterAll(() => bed.close());

  const timesOf = (out: string): readonly string[] =>
    [...out.matchAll(/\d{4}-\d\d-\d\dT[\d:.]{18}Z/g)].map(([time]) => time);

  it('are of all hosts, in order of time, each line with its instance', async () => {
    await until('some lines are written', async () =>
      (await bed.nap('logs', 'shop/web')).out.includes('web 20'),
    );
    const { exit, out, err } = await bed.nap('logs', 'shop/web', '-t');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    for (const index of [1, 2, 3, 4]) {
      expect(out).toMatch(new RegExp(`^shop-web-${index}  \\| 20[^ ]+Z web 1$`, 'm'));
    }
    const times = timesOf(out);
    expect(times.length).toBe(out.trimEnd().split('\n').length);
    expect(times).toEqual([...times].sort());
  });

  it('of one instance: the last lines, without its name, of a terminal and of a program that has ended', async () => {
    expect(await bed.nap('logs', 'web/2', '-n', '3', '--no-log-prefix')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^(web \d+\n){3}$/) as string,
    });
    expect((await bed.nap('logs', 'shop.term.1', '--no-log-prefix')).out).toBe(
      'from a terminal\r\nsecond\r\n',
    );
    const { out } = await bed.nap('logs', 'once', '--no-log-prefix');
    expect(out.split('\n').sort()).toEqual(['', 'err', 'no end', 'out']);
  });

  it('follow in order across hosts, and end at a signal with 130', async () => {
    const following = bed.start('logs', '-f', '-t', 'web', '--since', '1s');
    await until('lines of both hosts', () => following.out().split('\n').length > 200);
    following.child.kill('SIGINT');
    const { exit, out, err } = await following.ended;
    expect({ exit, err }).toEqual({ exit: 130, err: '' });
    const times = timesOf(out);
    expect(times).toEqual([...times].sort());
    expect(new Set(out.match(/shop-web-\d/g)).size).toBe(4);
  });

  it('has no colours where there is no terminal, and a pipe that is closed early is no error', async () => {
    const script = `"$0" --disable-warning=DEP0123 "$@" | head -1`;
    const { CONTROLLER } = await import('./bed.js');
    const running = bed.startProgram('bash', [
      ...['-o', 'pipefail', '-c', script, process.execPath, CONTROLLER, 'logs', '-f', 'web'],
    ]);
    const { exit, out, err } = await running.ended;
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^shop-web-\d {2}\| web \d+\n$/);
  });

  it('of what was removed: a sentence', async () => {
    const gone = await bed.nap('logs', 'shop.web.9');
    expect(gone.exit).toBe(8);
    expect(gone.err).toContain('no instance shop.web.9 in this cluster');
    expect(gone.err).toContain('its log went');
    const host = bed.hosts.find(({ dockerd }) =>
      dockerd.docker('ps', '-a').includes('shop-once-1'),
    );
    host?.signal('SIGSTOP');
    host?.dockerd.docker('rm', '-f', 'shop-once-1');
    host?.signal('SIGCONT');
    const removed = await bed.nap('logs', 'once');
    // The agent may have made it again by now.
    if (removed.exit !== 0) {
      expect(removed).toMatchObject({ exit: 8, out: '' });
      expect(removed.err).toContain('shop.once.1 has no container on host-');
    }
  });

  it('a host that does not answer delays no other, and its absence is said', async () => {
    const { host: frozen } = { host: bed.host(1) };
    frozen.signal('SIGSTOP');
    try {
      const startedAtMs = Date.now();
      const following = bed.start('logs', '-f', 'web', '-n', '5');
      await until('lines of the other host', () => following.out().includes('web'));
      expect(Date.now() - startedAtMs).toBeLessThan(5_000);
      await until('the absence is said', () => following.err().includes('host-b'), 40_000);
      following.child.kill('SIGINT');
      expect((await following.ended).exit).toBe(130);
      const { exit, err } = await bed.nap('logs', 'web', '-n', '5');
      expect(exit).toBe(5);
      expect(err).toMatch(/^note: host-b: its agent does not answer at https:/m);
    } finally {
      frozen.signal('SIGCONT');
    }
  });

  it('with -f picks up instances that come to be, from their first line on, and says who goes', async () => {
    const running = bed.start('logs', '-f', '-n', '1', 'shop/web');
    await until('the first lines', () => running.out().includes('shop-web-4'));
    expect((await bed.nap('scale', 'web=5', '-p', 'shop')).exit).toBe(0);
    await until('lines of the fifth', () => /shop-web-5 {2}\| web 30\n/.test(running.out()));
    expect((await bed.nap('scale', 'web=3', '-p', 'shop')).exit).toBe(0);
    await until(
      'both are gone',
      () =>
        running.err().includes('no more of shop-web-5') &&
        running.err().includes('no more of shop-web-4'),
    );
    expect((await bed.nap('scale', 'web=4', '-p', 'shop')).exit).toBe(0);
    const count = (): number => [...running.out().matchAll(/shop-web-4 {2}\| web 1\n/g)].length;
    await until('the fourth begins anew', () => count() === 1);
    running.child.kill('SIGINT');
    expect((await running.ended).exit).toBe(130);
    const numbers = [...running.out().matchAll(/shop-web-5 {2}\| web (\d+)\n/g)].map(([, n]) =>
      Number(n),
    );
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  });
}
