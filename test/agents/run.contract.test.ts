import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';
import { inTerminal, napLine, workAtTerminal } from './terminal.js';

/** `nap-controller run`: one-offs on real engines, with and without a terminal, and what is left of them afterwards. */

jest.setTimeout(180_000);

const COMPOSE = `
services:
  web:
    image: box
    command: [sleep, '100000']
    environment: {GREETING: hello}
    stop_grace_period: 1s
    configs: [{source: motd, target: /motd}]
    ports: ['8080']
    volumes: ['data:/data']
    depends_on: [db]
  db:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
  api:
    image: box
    command: [sleep, '100000']
    stop_grace_period: 0s
    deploy: {placement: {constraints: [node.hostname == host-b]}}
configs: {motd: {content: "good morning\\n"}}
volumes: {data: {}}
`;

if (canRunDockerd()) describe('run', onTwoHosts);

function onTwoHosts(): void {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.open('host-a', 'host-b');
    await bed.apply(COMPOSE);
  });
  afterAll(() => bed.close());

  /** Every line of docker about one-offs, of all hosts. */
  const oneOffs = (...format: readonly string[]): string =>
    bed.hosts
      .map(({ dockerd }) =>
        dockerd.docker(
          'ps',
          '-a',
          '--filter',
          'label=com.docker.compose.oneoff=True',
          '--format',
          ...format,
        ),
      )
      .join('');
  const sleeps = (): boolean =>
    bed.hosts.some(({ dockerd }) =>
      dockerd
        .docker('ps', '-q', '--filter', 'label=com.docker.compose.oneoff=True')
        .split('\n')
        .filter(Boolean)
        .some((id) => dockerd.docker('top', id).includes('sleep 1000\n')),
    );
  const gone = (name: string): Promise<void> =>
    until(`${name} is gone`, () => !oneOffs('{{.Names}}').includes(name));

  it('has what an instance of the service has, and ends with the exit code of its program', async () => {
    const script = 'echo $GREETING $WORD; cat /motd; echo mine > /data/file; echo err >&2; exit 3';
    const ran = await bed.nap('run', '--rm', '-e', 'WORD=world', 'shop/web', 'sh', '-c', script);
    expect(ran).toEqual({ exit: 3, out: 'hello world\ngood morning\n', err: 'err\n' });
    expect(oneOffs('{{.Names}}')).toBe('');
    // The volume is that of the service, so it ran where that is.
    expect((await bed.nap('exec', 'web', 'cat', '/data/file')).out).toBe('mine\n');
  });

  it('knows the names of its project, and nobody knows it', async () => {
    const names = await bed.nap('run', '--rm', 'api', 'cat', '/etc/hosts');
    expect(names.out).toMatch(/ {2}.*\bdb\b|\bdb\b/);
    expect((await bed.nap('names', 'shop')).out).not.toContain('run');
    const { out } = await bed.nap('run', '-d', '--rm', '--name', 'reader', 'api', 'sleep', '1000');
    expect(out).toBe('reader\n');
    expect((await bed.nap('scale', 'db=2', '-p', 'shop')).exit).toBe(0);
    await until('it knows the newcomer', async () =>
      (await bed.nap('exec', 'reader', 'cat', '/etc/hosts')).out.includes('db-2'),
    );
    expect((await bed.nap('kill', 'reader')).exit).toBe(0);
    await gone('reader');
  });

  it('takes input to its end', async () => {
    const running = bed.start('run', '--rm', 'web', 'cat');
    running.child.stdin?.end('abc'.repeat(100_000));
    const { exit, out } = await running.ended;
    expect(exit).toBe(0);
    expect(out.length).toBe(300_000);
  });

  it('says what cannot be: no such program, service, host', async () => {
    const missing = await bed.nap('run', '--rm', 'web', 'no-such-program');
    expect(missing.exit).toBe(127);
    expect(missing.err).toContain('no-such-program');
    expect(await bed.nap('run', 'web7')).toMatchObject({ exit: 8 });
    const elsewhere = await bed.nap('run', '--rm', '--host', 'host-a', 'api', 'true');
    expect(elsewhere.exit).toBe(4);
    expect(elsewhere.err).toMatch(/cannot run on host-a: .*node\.hostname/);
    const twice = await bed.nap('run', '--rm', '-T', '-t', '-i', 'web', 'true');
    expect(twice.exit).toBe(0);
    expect(oneOffs('{{.Names}}')).toBe('');
  });

  it('in a terminal: its size, also when that changes, Ctrl-C, and the exit code', async () => {
    const running = inTerminal(bed, napLine('run --rm web sh'));
    await workAtTerminal(bed, running, sleeps);
    expect((await running.ended).exit).toBe(7);
    expect(oneOffs('{{.Names}}')).toBe('');
  });

  it('passes signals on; told twice it is stopped, whatever its program makes of them', async () => {
    const script = 'trap "echo got it; exit 9" INT; echo ready; while :; do sleep 0.1; done';
    const running = bed.start('run', '--rm', 'web', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('ready'));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ exit: 9, out: 'ready\ngot it\n' });
    const deaf = bed.start(
      'run',
      '--rm',
      '--name',
      'deaf',
      'web',
      'sh',
      '-c',
      'echo on; sleep 1000',
    );
    await until('it runs', () => deaf.out().includes('on'));
    deaf.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    deaf.child.kill('SIGINT');
    expect((await deaf.ended).exit).toBe(130);
    await gone('deaf');
  });

  it('detached runs on, is listed, and its log can be read; down of its project removes it', async () => {
    const ran = await bed.nap('run', '-d', 'web', 'sh', '-c', 'echo working; sleep 1000');
    expect(ran).toMatchObject({ exit: 0 });
    const name = ran.out.trim();
    expect(name).toMatch(/^shop-web-run-[0-9a-f]{12}$/);
    expect((await bed.nap('ps', 'shop')).out).not.toContain(name);
    expect((await bed.nap('ps', '--all', 'shop')).out).toMatch(new RegExp(`${name} .*running`));
    expect((await bed.nap('logs', name)).out).toContain('working');
    expect((await bed.nap('exec', name, 'echo', 'inside')).out).toBe('inside\n');
  });

  it('has ports and files as an instance has', async () => {
    const ran = await bed.nap('run', '-d', '-P', '--name', 'open', 'web', 'sleep', '1000');
    expect(ran).toMatchObject({ exit: 0 });
    expect((await bed.nap('port', 'open', '8080')).out).toMatch(/^[\d.]+:\d+\n$/);
    expect((await bed.nap('cp', 'open:/motd', '-')).out).toContain('good morning');
    expect((await bed.nap('top', 'open')).out).toContain('sleep 1000');
    expect(await bed.nap('kill', 'open')).toMatchObject({ exit: 0 });
    await until('it has ended', async () => (await bed.nap('port', 'open')).exit === 6);
    expect((await bed.nap('top', 'open')).err).toContain('is not running');
    expect((await bed.nap('cp', 'open:/motd', '-')).out).toContain('good morning');
  });

  it('without --rm stays when it has ended', async () => {
    const ran = await bed.nap('run', '--name', 'kept', 'web', 'false');
    expect(ran.exit).toBe(1);
    expect((await bed.nap('ps', '-a', 'shop')).out).toMatch(/kept .*exited/);
  });

  it('whose caller is killed goes on to its end, and is then removed', async () => {
    const script = 'echo on; sleep 3; echo done > /data/done';
    const running = bed.start('run', '--rm', '--name', 'left', 'web', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('on'));
    running.child.kill('SIGKILL');
    await running.ended;
    await gone('left');
    expect((await bed.nap('exec', 'web', 'cat', '/data/done')).out).toBe('done\n');
  });

  it('with a terminal that is gone is stopped', async () => {
    const running = inTerminal(bed, napLine('run --rm --name shell web sh'));
    await until('a prompt', () => running.out().includes('# '));
    running.child.kill('SIGKILL');
    await running.ended;
    await gone('shell');
  });

  it('whose agent is killed: says so, ends with 5, goes on, and is removed once the agent is back', async () => {
    const script = 'echo on; sleep 5; echo survived > /data/survived';
    const running = bed.start('run', '--rm', '--name', 'orphan', 'web', 'sh', '-c', script);
    await until('it runs', () => running.out().includes('on'));
    const host = bed.hosts.find(({ dockerd }) => dockerd.docker('ps').includes('orphan'));
    await host?.stopAgent('SIGKILL');
    const { exit, err } = await running.ended;
    expect(exit).toBe(5);
    expect(err).toMatch(/orphan runs on to its end, unless host-\w went down.*is removed then/);
    host?.startAgent();
    await gone('orphan');
    expect((await bed.nap('exec', 'web', 'cat', '/data/survived')).out).toBe('survived\n');
  });

  it('goes with its project, running or not', async () => {
    expect(oneOffs('{{.Names}}')).toContain('kept');
    expect((await bed.nap('down', '-p', 'shop', '--timeout', '60')).exit).toBe(0);
    expect(oneOffs('{{.Names}}')).toBe('');
    expect(await bed.nap('run', 'shop/web', 'true')).toMatchObject({ exit: 8 });
  });
}
