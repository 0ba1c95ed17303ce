import { didYouMean } from '../../did-you-mean.js';
import { child, numberAt } from '../node.js';
import { mapOf, record, rejected, row, type Shape } from '../shape.js';
import type { Merge } from '../merge.js';
import { honoured } from '../support.js';
import { integerFrom } from './scalars.js';

const UNLIMITED = -1;
const limit = integerFrom(UNLIMITED, Number.MAX_SAFE_INTEGER);

const pair = record('ulimit', { soft: row(limit, honoured), hard: row(limit, honoured) });

/** A number stands for both: it has nothing to join. */
const merge: Merge = { ...pair.merge, says: 'key by key, or replaced by a number' };

const ulimit: Shape = {
  ...pair,
  kind: 'integer, or soft and hard',
  merge,
  read: (node, path, context) => {
    if (node.kind !== 'map') return limit.read(node, path, context);
    const read = pair.read(node, path, context);
    const [soft, hard] = [numberAt(read, 'soft'), numberAt(read, 'hard')];
    if (soft === undefined || hard === undefined) {
      // What is there and broken is already reported.
      const isWhole = child(read, 'soft') !== undefined && child(read, 'hard') !== undefined;
      return isWhole ? read : rejected(node, path, context, 'needs both soft and hard');
    }
    const isOver = hard !== UNLIMITED && (soft === UNLIMITED || soft > hard);
    if (!isOver) return read;
    return rejected(node, path, context, `the soft limit ${soft} is over the hard limit ${hard}`);
  },
};

/** What runc takes, from getrlimit(2); with another name the container does not start. */
const LIMITS: readonly string[] =
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

/** Canonical: a mapping from name to a number, or to {soft, hard}. */
export const ulimits: Shape = mapOf('mapping of limits', ulimit, (name) =>
  LIMITS.includes(name)
    ? undefined
    : `"${name}" is not the name of a limit: ${didYouMean(name, LIMITS) ?? `they are ${LIMITS.join(', ')}`}`,
);
