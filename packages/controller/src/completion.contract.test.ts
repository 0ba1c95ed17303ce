import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { FakeCluster } from './testing/builders.js';
import { runCommand } from './testing/command-context.js';

/** The script of `completion` in a real Bash, with the real command and a real etcd. Wants a build. */

jest.setTimeout(60_000);

const MAIN = join(import.meta.dirname, '../dist/main.js');

let directory: string;
let cluster: EtcdCluster;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-completion-'));
  const command = join(directory, 'nap-controller');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(command, 0o755);
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a', 'host-b');
  for (const [key, value] of entries) await cluster.ctl(['put', `/nap/v1/${key}`, value]);
  const etcd = ['--etcd', endpoints()];
  for (const project of ['shop', 'blog']) {
    await runCommand(['apply', '-f', '-', '-p', project, '-d', ...etcd], { cwd: directory });
  }
});
afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

const endpoints = (): string => cluster.endpoints.join(',');

interface Completed {
  readonly words: readonly string[];
  readonly err: string;
  readonly tookMs: number;
}

/** What Bash would offer after these words. */
async function complete(
  words: readonly string[],
  more: Readonly<Record<string, string>> = { NAP_ETCD: endpoints() },
): Promise<Completed> {
  const script = `
    source <(nap-controller completion bash)
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
    begin=$(date +%s%3N)
    $(complete -p nap-controller | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    echo "$(($(date +%s%3N) - begin)) \${COMPREPLY[*]}"`;
  const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}`, HOME: directory, ...more };
  const { stdout, stderr } = await promisify(execFile)(
    'bash',
    ['--norc', '-c', script, 'bash', 'nap-controller', ...words],
    { env, cwd: directory },
  );
  const [took = '', ...found] = stdout.trim().split(' ');
  return { words: found, err: stderr, tookMs: Number(took) };
}

it('commands and values of flags, without etcd', async () => {
  const nowhere = { NAP_ETCD: 'http://127.0.0.1:1' };
  expect((await complete(['ap'], nowhere)).words).toEqual(['apply']);
  expect((await complete(['apply', '--strategy', 'b'], nowhere)).words).toEqual(['binpack']);
  expect((await complete(['apply', '--strategy', '=', 'b'], nowhere)).words).toEqual(['binpack']);
  expect((await complete(['apply', '--det'], nowhere)).words).toEqual(['--detach']);
});

it('projects, services, instances and hosts as they are in etcd', async () => {
  expect((await complete(['ps', ''])).words).toEqual(['blog', 'shop']);
  expect((await complete(['down', '-p', 's'])).words).toEqual(['shop']);
  expect((await complete(['scale', '-p', 'shop', 'w'])).words).toEqual(['web=']);
  expect((await complete(['inspect', 'shop.'])).words).toEqual(['shop.web.1']);
  expect((await complete(['node', 'inspect', ''])).words).toEqual(['host-a', 'host-b']);
});

it('of the cluster that the words or the context say', async () => {
  const NAP_CONFIG = join(directory, 'contexts.yml');
  await runCommand(['context', 'add', 'lab', '--etcd', endpoints()], { env: { NAP_CONFIG } });
  await runCommand(['context', 'add', 'none', '--etcd', '127.0.0.1:1'], { env: { NAP_CONFIG } });
  expect((await complete(['context', 'use', ''], { NAP_CONFIG })).words).toEqual(['lab', 'none']);
  expect((await complete(['ps', ''], { NAP_CONFIG })).words).toEqual(['blog', 'shop']);
  const elsewhere = ['ps', '--context', 'none', ''];
  expect(await complete(elsewhere, { NAP_CONFIG })).toMatchObject({ words: [], err: '' });
  const told = ['--etcd', endpoints(), ''];
  expect((await complete(['ps', ...told], { NAP_CONFIG })).words).toEqual(['blog', 'shop']);
});

it('files are left to the shell', async () => {
  expect((await complete(['apply', ''])).words).toEqual([]);
  expect((await complete(['apply', '-f', ''])).words).toEqual([]);
});

it('an etcd that says nothing is waited for about a second, in silence', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const silent = await complete(['ps', ''], { NAP_ETCD: `http://127.0.0.1:${port ?? 0}` });
  server.close();
  expect(silent).toMatchObject({ words: [], err: '' });
  // The start of Node on a busy machine included; a call of a command to such an etcd takes six seconds alone.
  expect(silent.tookMs).toBeLessThan(5_000);
  const wrong = join(directory, 'wrong.yml');
  await writeFile(wrong, 'nonsense: [');
  expect(await complete(['ps', ''], { NAP_CONFIG: wrong })).toMatchObject({ words: [], err: '' });
});
