import { appendedUnique } from '../merge.js';
import type { Node } from '../node.js';
import { oneOrMore, type Shape } from '../shape.js';
import { parseBytes } from './bytes.js';
import { cleanTarget } from './paths.js';
import { checkedText } from './scalars.js';

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

const mount: Shape = checkedText('path[:options]', (written) =>
  parseTmpfs(written) === undefined
    ? [
        `"${written}" is not a tmpfs mount`,
        'write an absolute path, such as /run:size=64m,mode=1777',
      ]
    : undefined,
);

const identity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');

export const tmpfs: Shape = oneOrMore('path or list of paths', mount, appendedUnique(identity, ''));
