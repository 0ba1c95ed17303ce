import { appendedUnique } from '../merge.js';
import type { Node } from '../node.js';
import { oneOrMore, rejected, type Shape } from '../shape.js';
import { parseBytes } from './bytes.js';
import { cleanTarget } from './paths.js';
import { text } from './scalars.js';

export interface TmpfsMount {
  readonly target: string;
  readonly sizeBytes?: number;
  readonly mode?: number;
  /** Options that nap cannot give to the engine. */
  readonly unknown: readonly string[];
}

/** `/run:size=64m,mode=1777`, split. Undefined when the target is no absolute path. */
export function parseTmpfs(mount: string): TmpfsMount | undefined {
  const [target = '', ...rest] = mount.split(':');
  if (!target.startsWith('/')) return undefined;
  const options = rest
    .join(':')
    .split(',')
    .filter((option) => option !== '');
  const size = options.find((option) => option.startsWith('size='))?.slice('size='.length);
  const mode = options.find((option) => /^mode=[0-7]+$/.test(option))?.slice('mode='.length);
  const sizeBytes = size === undefined ? undefined : parseBytes(size);
  const isKnown = (option: string): boolean =>
    /^mode=[0-7]+$/.test(option) ||
    option === 'rw' ||
    (option.startsWith('size=') && sizeBytes !== undefined);
  return {
    target: cleanTarget(target),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    unknown: [...new Set(options.filter((option) => !isKnown(option)))],
  };
}

const mount: Shape = {
  ...text,
  kind: 'path[:options]',
  read: (node, path, context) => {
    const value = text.read(node, path, context);
    if (value.kind !== 'scalar' || parseTmpfs(String(value.value)) !== undefined) return value;
    const hint = 'write an absolute path, such as /run:size=64m,mode=1777';
    return rejected(node, path, context, `"${String(value.value)}" is not a tmpfs mount`, hint);
  },
};

const identity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');

export const tmpfs: Shape = oneOrMore('path or list of paths', mount, appendedUnique(identity, ''));
