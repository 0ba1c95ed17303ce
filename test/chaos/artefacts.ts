import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseKey } from '@nap/shared';
import type { Lab } from '@nap/lab';
import { readEntries } from './etcd-state.js';

/** What a person needs who was not there, in one directory. */

const JOURNAL_LINES = '4000';

const ON_HOST: Readonly<Record<string, readonly string[]>> = {
  'agent.log': ['journalctl', '-u', 'nap-agent', '-o', 'short-iso-precise', '-n', JOURNAL_LINES],
  'docker.log': ['journalctl', '-u', 'docker', '-o', 'short-iso-precise', '-n', JOURNAL_LINES],
  'docker-ps.txt': ['timeout', '10', 'docker', 'ps', '-a', '--no-trunc'],
  'docker-inspect.json': ['sh', '-c', 'timeout 20 docker ps -aq | xargs -r docker inspect'],
  'hosts-files.txt': [
    'sh',
    '-c',
    `timeout 10 docker ps --format '{{.Names}}' | while read -r name; do echo "== $name"; docker exec "$name" cat /etc/hosts; done`,
  ],
};

/** Collects what can be had; a host that is off or frozen has nothing to say, and keeps nobody from the rest. */
export async function collect(lab: Lab, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = async (name: string, work: () => Promise<string>): Promise<void> => {
    const text = await work().catch((err: unknown) => `not to be had: ${String(err)}\n`);
    await writeFile(join(directory, name), text);
  };
  await write('etcd.json', async () => JSON.stringify(await etcdDump(lab), undefined, 1));
  await write('lab.json', async () => JSON.stringify(await lab.status(), undefined, 1));
  for (const host of await lab.hosts()) {
    for (const [name, argv] of Object.entries(ON_HOST)) {
      await write(`${host}-${name}`, async () => (await lab.exec(host, argv)).stdout);
    }
  }
}

const SECRET_KINDS = new Set(['content', 'hostFile', 'hostApi']);

/** Without what configs and secrets hold, and without the tokens of agents. */
async function etcdDump(lab: Lab): Promise<unknown> {
  const entries = await readEntries(lab);
  return entries.map(({ key, value, modRevision }) => {
    const kind = parseKey(key)?.kind;
    const isSecret = kind === undefined || SECRET_KINDS.has(kind);
    return { key, modRevision, value: isSecret ? `(${value.length} characters)` : parsed(value) };
  });
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON: shown as it is.
    return value;
  }
}
