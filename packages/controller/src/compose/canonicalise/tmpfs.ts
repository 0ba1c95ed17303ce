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
  /** All others, as mount(8) takes them. */
  readonly options: readonly string[];
}

/** `/run:size=64m,mode=1777`, split. Undefined when the target is no absolute path. */
export function parseTmpfs(mount: string): TmpfsMount | undefined {
  const [target = '', ...rest] = mount.split(':');
  if (!target.startsWith('/')) return undefined;
  const options = rest
    .join(':')
    .split(',')
    .filter((option) => option !== '' && option !== 'rw');
  const size = options.findLast((option) => SIZE.test(option));
  const mode = options.findLast((option) => MODE.test(option));
  return {
    target: cleanTarget(target),
    ...(size === undefined ? {} : { sizeBytes: parseBytes(size.slice('size='.length)) ?? 0 }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode.slice('mode='.length), 8) }),
    options: [...new Set(options.filter((option) => !SIZE.test(option) && !MODE.test(option)))],
  };
}

/** A part of the memory, such as `size=10%`, is an option like others. */
const SIZE = /^size=\d+(\.\d+)?[bkmgtp]?i?b?$/i;
const MODE = /^mode=[0-7]+$/;

/** What the engine lets through to the mount of a tmpfs. */
const OPTIONS =
  /^(ro|(no)?(exec|suid|dev|diratime)|a?sync|(no|rel|strict)?atime|norelatime|(uid|gid)=\d+|nr_(blocks|inodes)=\d+[kmg]?|size=\d{1,3}%|mpol=[\w:,=-]+)$/;

/** Options that no engine knows. */
export function unknownOptions(mount: TmpfsMount): readonly string[] {
  return mount.options.filter((option) => !OPTIONS.test(option));
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
