import { join, normalize, resolve } from 'node:path';
import { replaced } from '../merge.js';
import { mustBe, rejected, type ReadContext, type Shape } from '../shape.js';

/** Absolute form of a path in a file; `~` is the home of whoever runs nap. Undefined when there is no such home. */
export function absolutePath(path: string, context: ReadContext): string | undefined {
  if (path === '~' || path.startsWith('~/')) {
    const home = context.lookup('HOME');
    return home === undefined ? undefined : join(home, path.slice(1));
  }
  return resolve(context.baseDirectory, path);
}

/** A path inside a container without doubled or trailing slashes. */
export function cleanTarget(path: string): string {
  const clean = normalize(path);
  return clean.length > 1 ? clean.replace(/\/$/, '') : clean;
}

/** A path of a file that the loader reads. Canonical: absolute. */
export const filePath: Shape = {
  kind: 'path',
  merge: replaced,
  read: (node, path, context) => {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      return mustBe('a path', node, path, context);
    }
    const value = absolutePath(node.value, context);
    if (value === undefined || node.value === '') {
      return rejected(node, path, context, `"${node.value}" is not a path that can be resolved`);
    }
    return { ...node, value, written: node.value };
  },
};
