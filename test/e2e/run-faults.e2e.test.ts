import { text } from 'node:stream/consumers';
import { apply, cleanUp, lab, mustNap, on, soon, startNap } from './support/cluster.js';

/** One-offs whose engine or host goes down in the middle: what their caller hears, and what is left of them. */

const P = 'guests';
const HOST = 'host-b';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts one on that host; resolves when its program has begun. */
async function begun(...flags: readonly string[]): Promise<() => Promise<Ended>> {
  const script = 'echo on; while :; do sleep 1; done';
  const args = ['run', ...flags, '--host', HOST, `${P}/box`, 'sh', '-c', script];
  const running = await startNap(args);
  const [stdout, stderr] = [text(running.stdout), text(running.stderr)];
  await soon('it runs', async () => {
    expect(await oneOffs()).toContain('running');
  });
  return async () => ({ code: await running.exited, stdout: await stdout, stderr: await stderr });
}

/** `name state` of each on that host. */
const oneOffs = async (): Promise<string> => {
  const format = '{{.Names}} {{.State}}';
  return on(
    HOST,
    'docker',
    'ps',
    '-a',
    '--filter',
    'label=com.docker.compose.oneoff=True',
    '--format',
    format,
  );
};

const nothingLeft = (): Promise<void> =>
  soon('nothing is left', async () => {
    expect(await oneOffs()).toBe('');
  });

const isBack = (): Promise<void> =>
  soon('the host is back', async () => {
    expect(await mustNap(['run', '--rm', '--host', HOST, `${P}/box`, 'echo', 'ok'])).toBe('ok\n');
  });

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, 'services:\n  box: { image: busybox, stop_grace_period: 1s }\n');
});
afterAll(async () => {
  await cleanUp(P);
});

it.each([
  // It ends its containers first, and says so, if its process lasts until the answer is written.
  { what: 'restarted', act: 'restart' },
  // systemd has another one there at once, which ends what the first one has left: who asks late hears of that end.
  { what: 'killed', act: 'kill' },
] as const)(
  'whose engine is $what ends with it: its caller is told, and --rm leaves nothing',
  async ({ what, act }) => {
    const ended = await begun('--rm', '--name', what);
    await lab.dockerd(HOST, act);
    const { code, stdout, stderr } = await ended();
    expect(stdout).toBe('on\n');
    expect([5, 137]).toContain(code);
    expect(stderr).toMatch(
      code === 5 ? new RegExp(`dockerd has gone in the middle of ${what}`) : /^$/,
    );
    await nothingLeft();
    await isBack();
  },
);

it('whose host loses power: its caller is told within seconds, and after the boot nothing is left', async () => {
  const ended = await begun('--rm', '--name', 'dark');
  await lab.kill(HOST);
  const { code, stderr } = await ended();
  expect(code).toBe(5);
  expect(stderr).toMatch(/host-b has gone in the middle of the command: no sign of life/);
  await lab.start(HOST);
  await isBack();
  await nothingLeft();
});

it('whose host reboots in good order: its caller is told, and after the boot nothing is left', async () => {
  const ended = await begun('--rm', '--name', 'rebooted');
  await lab.exec(HOST, ['systemctl', 'reboot']);
  const { code, stderr } = await ended();
  expect(code).toBe(5);
  expect(stderr).toMatch(/host-b has gone[^]*rebooted runs on.*unless host-b went down with it/);
  await soon('it is off', async () => {
    const { hosts } = await lab.status();
    expect(hosts.find(({ name }) => name === HOST)?.power).toBe('off');
  });
  await lab.start(HOST);
  await isBack();
  await nothingLeft();
});

it('without --rm stays after a boot, with what it has written, and does not run again', async () => {
  const name = (
    await mustNap(['run', '-d', '--host', HOST, `${P}/box`, 'sh', '-c', 'echo on; sleep 1000'])
  ).trim();
  await lab.kill(HOST);
  await lab.start(HOST);
  await isBack();
  expect(await oneOffs()).toBe(`${name} exited`);
  expect(await mustNap(['logs', name])).toContain('on');
  await on(HOST, 'docker', 'rm', name);
});
