import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  lab,
  mustNap,
  nap,
  on,
  ps,
  row,
  soon,
  startNap,
} from './support/cluster.js';

/** One-offs of `run`: on whatever host, with the streams of who runs them, and nothing left of them: ADR 0016. */

const P = 'once-off';
const yaml = `services:
  web: { image: web, init: true, scale: 2 }
  client:
    image: busybox
    links: ["web:site"]
    depends_on: [web]
`;

/** Containers and files of one-offs, on all hosts. */
async function left(): Promise<string> {
  const line = `docker ps -a --filter label=com.docker.compose.oneoff=True --format '{{.Names}} {{.State}}'; find /run/nap-agent /var/lib/nap -name '*-run-*'`;
  const found = await Promise.all(
    (await lab.hosts()).map(async (host) => on(host, 'sh', '-c', `(${line}) 2>&1`)),
  );
  return found.join('\n').trim();
}

interface Watched {
  readonly process: RunningProcess;
  /** All that was said up to now. */
  readonly said: () => string;
}

function watched(process: RunningProcess): Watched {
  let said = '';
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  return { process, said: () => said };
}

const says = (it: Watched, what: string | RegExp): Promise<void> =>
  soon(`it says ${what}`, () => {
    expect(it.said()).toMatch(what);
    return Promise.resolve();
  });

/** In a terminal of 100 by 30, that of script(1). */
async function inTerminal(...args: readonly string[]): Promise<Watched> {
  const line = `tty; stty cols 100 rows 30; nap-controller ${args.join(' ')}`;
  return watched(await lab.spawn('operator', ['script', '-qfec', line, '/dev/null']));
}

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, yaml);
});
afterEach(async () => {
  await soon('nothing is left', async () => {
    expect(await left()).toBe('');
  });
});
afterAll(async () => {
  await cleanUp(P);
});

it('ends as its program does, and knows the names and links of its project', async () => {
  const script = 'wget -qO- http://site/; wget -qO- http://web-2/; echo err >&2; exit 5';
  for (const host of await lab.hosts()) {
    const args = ['run', '--rm', '--host', host, `${P}/client`, 'sh', '-c', script];
    const { code, stdout, stderr } = await nap(args);
    expect({ code, stderr }).toEqual({ code: 5, stderr: 'err\n' });
    expect(stdout).toMatch(/^0 \d host-\w\n0 2 host-\w\n$/);
  }
});

it('takes its input from a pipe', async () => {
  expect(await mustNap(['run', '--rm', `${P}/client`, 'wc', '-c'], 'x'.repeat(300_000))).toBe(
    '300000\n',
  );
});

it('with -d runs on, is told of by ps --all alone, can be reached, and is removed at its end', async () => {
  const name = (await mustNap(['run', '-d', '--rm', `${P}/client`, 'sleep', '1000'])).trim();
  expect((await ps(P)).map((it) => it.name)).not.toContain(name);
  expect(await mustNap(['ps', '--all', P])).toMatch(new RegExp(`${name} .*running`));
  const page = await mustNap(['exec', name, 'wget', '-qO-', 'http://site/']);
  expect(page).toContain('host-');
  await mustNap(['kill', name]);
});

it('with -it is a shell at a terminal: its size, a new size, Ctrl-C, the exit code', async () => {
  const shell = await inTerminal('run', '--rm', '-it', `${P}/client`, 'sh');
  const type = (line: string): boolean => shell.process.stdin.write(line);
  await says(shell, '# ');
  type('stty size\n');
  await says(shell, '30 100');
  const [tty = ''] = /\/dev\/pts\/\d+/.exec(shell.said()) ?? [];
  await on('operator', 'stty', '-F', tty, 'cols', '120', 'rows', '40');
  await soon('it knows its new size', () => {
    type('stty size\n');
    expect(shell.said()).toContain('40 120');
    return Promise.resolve();
  });
  type('echo sleeping; sleep 1000\n');
  await says(shell, /sleeping\r+\n/);
  await soon('Ctrl-C has ended it', () => {
    type('\u0003');
    type('echo "after-$?"\n');
    expect(shell.said()).toContain('after-130');
    return Promise.resolve();
  });
  type('exit 7\n');
  expect(await shell.process.exited).toBe(7);
});

it('whose terminal goes is stopped', async () => {
  const shell = await inTerminal('run', '--rm', '-it', `${P}/client`, 'sh');
  await says(shell, '# ');
  await shell.process.stop('SIGKILL');
});

it('passes Ctrl-C on, without a terminal: its program ends as it sees fit', async () => {
  const script = 'trap "echo bye; exit 9" INT; echo on; while :; do sleep 0.1; done';
  const running = await startNap(['run', '--rm', `${P}/client`, 'sh', '-c', script]);
  const it = watched(running);
  await says(it, 'on\n');
  running.signal('SIGINT');
  expect(await running.exited).toBe(9);
  expect(it.said()).toBe('on\nbye\n');
});

it('whose caller is killed goes on to its end', async () => {
  const { host } = await row(P, `${P}-web-1`);
  const script = 'echo on; sleep 3; echo done > /left/done';
  const volume = ['-v', '/tmp:/left', '--host', host];
  const running = await startNap(['run', '--rm', ...volume, `${P}/client`, 'sh', '-c', script]);
  await says(watched(running), 'on\n');
  await running.stop('SIGKILL');
  await soon('its work is done', async () => {
    expect(await on(host, 'cat', '/tmp/done')).toBe('done');
  });
  await on(host, 'rm', '/tmp/done');
});
