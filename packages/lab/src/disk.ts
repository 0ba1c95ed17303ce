/**
 * The disks of a host. What it writes on its root lies in a tmpfs, whose size can be changed while it is in use; the data of
 * docker on the machine's own disk, or in a file with a file system of its own, which can be filled without filling the machine's.
 */
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './machine/eventually.js';
import { mountsBelow } from './machine/mounts.js';
import { must, run } from './machine/run.js';
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

/** A file of that size, of which only what is written takes space on the machine. Repeated at each boot: the data stays. */
export async function makeEngineDisk(name: string, mib: number): Promise<void> {
  const directory = machineDir(name, 'docker');
  if ((await mountsBelow(directory)).includes(directory)) return;
  const image = machineDir(name, 'docker.img');
  await must(['truncate', '-s', `${mib}M`, image]);
  await must(['mkfs.ext4', '-q', '-F', '-m', '0', image]);
  await must(['mount', '-o', 'loop', image, directory]);
}

const FILLERS = ['filler', 'filler-rest'] as const;
/** What the file system needs to describe the first filler. */
const SPARE_BYTES = 2 * 1024 * 1024;

/** Space is taken without writing to it, but for the last two MiB: the machine's disk hardly notices. */
export async function fillEngineDisk(name: string): Promise<void> {
  const [filler, rest] = FILLERS.map((it) => machineDir(name, join('docker', it)));
  const { bavail, bsize } = await statfs(machineDir(name, 'docker'));
  const bytes = Math.max(bsize, bavail * bsize - SPARE_BYTES);
  await must(['fallocate', '-l', String(bytes), filler ?? '']);
  // Ends when there is nothing left, which is what is wanted.
  await run(['dd', 'if=/dev/zero', `of=${rest ?? ''}`, 'bs=4k', 'count=2048', 'conv=fsync']);
}

export async function freeEngineDisk(name: string): Promise<void> {
  for (const filler of FILLERS) {
    await rm(machineDir(name, join('docker', filler)), { force: true });
  }
}

async function resize(name: string, size: string): Promise<boolean> {
  const { code } = await run(['mount', '-o', `remount,size=${size}`, machineDir(name, 'overlay')]);
  return code === 0;
}

async function usedBytes(name: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(machineDir(name, 'overlay'));
  return (blocks - bfree) * bsize;
}
