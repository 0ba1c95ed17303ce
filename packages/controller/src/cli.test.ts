import { systemClock } from '@nap/shared/runtime';
import { runCli } from './cli.js';
import { noStreams } from './testing/streams.js';

async function run(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<string> {
  const out: string[] = [];
  const context = {
    out: (text: string) => out.push(text),
    err: () => undefined,
    readStdin: () => Promise.resolve('services:\n  web:\n    image: busybox\n'),
    streams: noStreams(),
    signal: new AbortController().signal,
    clock: systemClock,
    env,
    cwd: '/',
    user: 'alice',
  };
  expect(await runCli(argv, context, '1.2.3')).toBe(0);
  return out.join('\n');
}

it('NAP_ variables that are no flags of a command do not disturb it', async () => {
  const env = { NAP_ETCD: 'http://10.0.0.5:2379', NAP_HOST: 'host-a' };
  expect(await run(env, 'version')).toBe('1.2.3');
  expect(await run(env, 'config', '-f', '-', '-p', 'shop')).toContain('image: busybox');
});

it('NAP_ variables are the flags of the same name, and a flag wins over them', async () => {
  const env = { NAP_FORMAT: 'json' };
  expect(await run(env, 'config', '-f', '-', '-p', 'shop')).toMatch(/^\{/);
  expect(await run(env, 'config', '-f', '-', '-p', 'shop', '--format', 'yaml')).toMatch(/^name:/);
});

it('NAP_FORMAT with a format that only lists have is not meant for what is none', async () => {
  const env = { NAP_FORMAT: 'jsonl' };
  expect(await run(env, 'config', '-f', '-', '-p', 'shop')).toMatch(/^name:/);
});

it('a switch that is told neither true nor false is refused, also by an alias', async () => {
  const down = ['down', '-p', 'shop'];
  await expect(run({}, ...down, '--dry-run=yes')).rejects.toThrow(
    '--dry-run=yes: true or false is expected',
  );
  await expect(run({}, '-p', 'shop', 'down', '--plan=yes')).rejects.toThrow('--plan=yes: true');
  await expect(run({ NAP_PLAN: 'yes' }, ...down)).rejects.toThrow('NAP_PLAN=yes: true or false');
  await expect(run({ NAP_DRY_RUN: 'on' }, ...down)).rejects.toThrow('NAP_DRY_RUN=on: true or');
});

it.each([
  [['--brake-share', '50'], 'from 0 to 1'],
  [['--lease-ttl', '0'], 'at least one second'],
])('the daemon refuses %j', async (flags, told) => {
  await expect(run({}, 'serve', ...flags)).rejects.toThrow(told);
});

it('wrong usage is refused as such', async () => {
  await expect(run({}, 'apply', '--nope')).rejects.toMatchObject({ code: 'USAGE' });
  await expect(run({}, 'nope')).rejects.toMatchObject({ code: 'USAGE' });
});

it.each([
  ['exec -d web true', 'exec does not know -d', '--help'],
  ['exec --index 2 web true', 'exec does not know --index', 'web/2'],
  ['run --nope web true', 'run does not know --nope', '--help'],
  ['service inspect web', 'service has no command "inspect"', 'lists its commands'],
  ['exec -T web', 'exec what?', 'sh'],
  ['kill -s FOO db', '--signal: there is no signal "FOO"', 'SIGHUP'],
  ['logs -nfoo', '--tail: "foo" is no number of lines', 'such as 20'],
  [
    'ls --format xml',
    `--format "xml": table, json, jsonl, yaml, or a template such as '{{.Name}} {{.Host}}' is expected`,
    '--help',
  ],
  ['cp web/1:/etc/hosts', 'cp: TO is missing', 'such as nap-controller cp web/1:'],
  ['host drain', 'host drain: HOST is missing', 'such as nap-controller host drain'],
  ['down shop', 'down: shop is more than it takes', 'nap-controller down -p shop'],
  ['ps --wach', 'ps does not know --wach: did you mean "--watch"?', '--help'],
  ['completion fish', 'completion fish: there is a script for bash and zsh', 'completion bash'],
])('%s: %s', async (line, message, hint) => {
  await expect(run({}, ...line.split(' '))).rejects.toMatchObject({
    ...{ code: 'USAGE', message },
    hint: expect.stringContaining(hint) as string,
  });
});

it('a flag that has a value needs one', async () => {
  for (const line of ['logs --tail', 'stop -t', 'ps --format', 'apply --progress', 'ls --etcd']) {
    await expect(run({}, ...line.split(' '))).rejects.toMatchObject({ code: 'USAGE' });
  }
});

it('completion prints the script of the shell that is named, or in use', async () => {
  expect(await run({}, 'completion')).toContain('complete -o bashdefault');
  expect(await run({ SHELL: '/bin/zsh' }, 'completion')).toContain('#compdef nap-controller');
  expect(await run({ SHELL: '/bin/zsh' }, 'completion', 'bash')).toContain(
    'complete -o bashdefault',
  );
  expect(await run({}, 'completion', 'zsh')).toContain('#compdef nap-controller');
  expect(await run({}, 'completion', '--help')).toContain('nap-controller completion [shell]');
});

it('the value of a flag of one letter may follow at once', async () => {
  expect(await run({}, 'config', '-f-', '-pshop')).toMatch(/^name: shop/);
});

it('a dash in the place of a file is refused with the way to read standard input', async () => {
  await expect(run({}, 'apply', '-')).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('apply -f -') as string,
  });
  await expect(run({}, 'config', 'shop.yml', '-')).rejects.toMatchObject({ code: 'USAGE' });
});

it('help lists the commands, and breaks lines between words', async () => {
  const help = await run({}, '--help');
  expect(help).toMatch(/apply \[files..\] [^[]*\[aliases: up\]/);
  expect(help).toMatch(/host <command> [^[]*\[aliases: node\]/);
  expect((await run({}, 'ps', '--help')).replace(/\s+/g, ' ')).toContain('lists (NAP_CONTEXT)');
});
