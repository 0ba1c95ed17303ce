/** Debian's docker-registry. It keeps nothing but files, so that any number of it can serve the same directory. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from './daemon.js';
import { run } from './machine/run.js';
import { inNetns } from './network.js';
import { CACHE_DIR, machineDir } from './paths.js';
import { REGISTRY_PORT, type LabPlan } from './plan/addresses.js';

export const STORAGE_DIR = join(CACHE_DIR, 'registry');

/** The registry that the hosts pull from, at 10.99.0.5:5000. */
export async function startRegistry({ registry }: LabPlan): Promise<void> {
  const { name, ip } = registry;
  const config = machineDir(name, 'config.json');
  await writeConfig(config, { addr: `${ip}:${REGISTRY_PORT}` });
  await startDaemon({
    name,
    netns: name,
    argv: ['docker-registry', 'serve', config],
    isReady: async () => isListening(name, ip, REGISTRY_PORT),
  });
}

/** Whether something accepts connections there, as seen from a machine's network. */
export async function isListening(netns: string, ip: string, port: number): Promise<boolean> {
  const { code } = await run([
    ...inNetns(netns),
    'bash',
    '-c',
    `: 2>/dev/null >/dev/tcp/${ip}/${port}`,
  ]);
  return code === 0;
}

/** docker-registry reads YAML, and so JSON. */
export async function writeConfig(
  file: string,
  http: Readonly<Record<string, string>>,
): Promise<void> {
  const config = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: STORAGE_DIR },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http,
  };
  await mkdir(STORAGE_DIR, { recursive: true });
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, JSON.stringify(config));
}
