import type { PullSpec } from '@nap/shared';
import { pullPeriodMs } from '../canonicalise/pull-policy.js';
import type { Node } from '../node.js';
import { asText } from './values.js';

export function pullOf(value: Node): PullSpec | undefined {
  const policy = asText(value) ?? '';
  if (policy === 'always' || policy === 'never') return policy;
  const everyMs = pullPeriodMs(policy);
  return everyMs === undefined ? undefined : { everyMs };
}
