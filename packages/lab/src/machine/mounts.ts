import { readFile } from 'node:fs/promises';
import { must } from './run.js';

/** Mount points at or below a directory, the innermost first. */
export async function mountsBelow(dir: string): Promise<readonly string[]> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === dir || point.startsWith(`${dir}/`))
    .reverse();
}

export async function unmountBelow(dir: string): Promise<void> {
  for (const point of await mountsBelow(dir)) await must(['umount', point]);
}
