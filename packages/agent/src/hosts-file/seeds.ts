import type { HostsEntry } from '@nap/shared';
import { LIMITS } from '@nap/shared';

/**
 * `name:address` lines for a container that is about to be created: the engine writes them before the program's first
 * instruction, while nap's own lines come a moment later. Names that the user gives himself are left to him.
 */
export function seedLines(
  entries: readonly HostsEntry[],
  extraHosts: readonly string[],
): readonly string[] {
  const taken = new Set(extraHosts.map((line) => line.slice(0, line.indexOf(':'))));
  const lines = entries.flatMap(({ names, addresses }) =>
    names
      .filter((name) => !taken.has(name))
      .flatMap((name) => addresses.map((address) => `${name}:${address}`)),
  );
  return lines.slice(0, LIMITS.seededNames);
}
