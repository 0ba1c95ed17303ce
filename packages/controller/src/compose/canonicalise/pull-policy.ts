import type { Node } from '../node.js';
import { rejected, type Refusal, type Shape } from '../shape.js';
import { parseDuration } from './durations.js';
import { text } from './scalars.js';

const WORDS = ['always', 'never', 'missing', 'build', 'refresh'];
const PERIODS: Readonly<Record<string, string>> = { daily: '1d', weekly: '1w' };

/** Milliseconds between two looks at the registry: of `daily`, `weekly` and `every_12h`; undefined for other policies. */
export function pullPeriodMs(policy: string): number | undefined {
  const period = PERIODS[policy] ?? /^every_((?:\d+[wdhms])+)$/.exec(policy)?.[1];
  const nanoseconds = period === undefined ? undefined : parseDuration(period);
  return nanoseconds === undefined || nanoseconds === 0 ? undefined : nanoseconds / 1e6;
}

/** Canonical: `missing` for its old name. */
export const pullPolicy: Shape = {
  ...text,
  kind: 'pull policy',
  read: (node, path, context) => {
    const read = text.read(node, path, context);
    if (read.kind !== 'scalar') return read;
    const policy = String(read.value);
    if (policy === 'if_not_present') return { ...read, value: 'missing' };
    if (WORDS.includes(policy) || pullPeriodMs(policy) !== undefined) return read;
    const hint = 'one of always, missing, never, daily, weekly, every_12h';
    return rejected(node, path, context, `"${policy}" is not a pull policy`, hint);
  },
};

export function unknownPull(node: Node): Refusal | undefined {
  const policy = node.kind === 'scalar' ? node.value : undefined;
  if (policy === 'build') {
    return { why: 'nap builds no images', wayOut: 'build and push the image before applying' };
  }
  if (policy !== 'refresh') return undefined;
  return { why: '"refresh" does not say how often', wayOut: 'use daily, weekly or every_12h' };
}
