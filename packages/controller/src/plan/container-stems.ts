import { parseInstanceId, type Placement } from '@nap/shared';

/** `shop-web-`: what the names of a service's containers begin with, unless the file names them. */
export const stemOf = (project: string, service: string): string => `${project}-${service}-`;

/**
 * Which project each stem belongs to. Undefined where a container has another name than its stem and its number, or where
 * two projects have the same stem (`a` with `b-c`, and `a-b` with `c`): then names must be looked at one by one.
 */
export function plainStems(
  placements: readonly Placement[],
): ReadonlyMap<string, string> | undefined {
  const projects = new Map<string, string>();
  let prefix = '.';
  let stem = '';
  for (const { instance, spec } of placements) {
    // Views are sorted by instance: the next one is mostly of the same service.
    if (!instance.startsWith(prefix)) {
      const parts = parseInstanceId(instance);
      if (parts === undefined) return undefined;
      prefix = instance.slice(0, instance.lastIndexOf('.') + 1);
      stem = stemOf(parts.project, parts.service);
      const known = projects.get(stem) ?? parts.project;
      if (known !== parts.project) return undefined;
      projects.set(stem, known);
    }
    if (!isPlain(spec.containerName, stem, instance, prefix)) return undefined;
  }
  return projects;
}

/** The name is the stem, and then what follows the prefix in the instance's: its number. */
function isPlain(name: string, stem: string, instance: string, prefix: string): boolean {
  const digits = instance.length - prefix.length;
  if (name.length !== stem.length + digits || !name.startsWith(stem)) return false;
  for (let at = 0; at < digits; at += 1) {
    const digit = name.charCodeAt(stem.length + at);
    if (digit !== instance.charCodeAt(prefix.length + at)) return false;
  }
  return true;
}
