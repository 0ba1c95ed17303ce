/** The root file system of a host: what it writes there lies in a tmpfs, whose size can be changed while it is in use. */
import { statfs } from 'node:fs/promises';
import { eventually } from './machine/eventually.js';
import { run } from './machine/run.js';
import { machineDir } from './paths.js';

/** The kernel's own default for a tmpfs. */
const WHOLE = '50%';
const TIMEOUT_MS = 10_000;

/**
 * No byte is left on a host's root: `/etc`, `/var/lib/nap`, `/var/log`. Nothing is written for it, the file system is made as
 * small as what is in it. /run, /tmp, and the data of docker and containerd lie elsewhere.
 */
export async function fillDisk(name: string): Promise<void> {
  // Refused when more has been written in between.
  await eventually(async () => resize(name, String(await usedBytes(name))), {
    what: `the disk of ${name} is full`,
    timeoutMs: TIMEOUT_MS,
  });
}

export async function freeDisk(name: string): Promise<void> {
  await eventually(async () => resize(name, WHOLE), {
    what: `the disk of ${name} has room`,
    timeoutMs: TIMEOUT_MS,
  });
}

async function resize(name: string, size: string): Promise<boolean> {
  const { code } = await run(['mount', '-o', `remount,size=${size}`, machineDir(name, 'overlay')]);
  return code === 0;
}

async function usedBytes(name: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(machineDir(name, 'overlay'));
  return (blocks - bfree) * bsize;
}
