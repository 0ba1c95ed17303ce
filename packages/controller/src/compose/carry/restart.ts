import type { RestartSpec } from '@nap/shared';
import { parseRestart } from '../canonicalise/restart.js';
import { child, numberAt, textAt, type Node } from '../node.js';
import { asMilliseconds, present, valueAt } from './values.js';

const CONDITIONS = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;

/** A job runs to its end once, on each host or in a number of instances. */
export function isJob(service: Node | undefined): boolean {
  return textAt(child(service, 'deploy'), 'mode')?.endsWith('-job') === true;
}

/**
 * Of `restart`, `deploy.restart_policy` (which counts before it) and `deploy.mode`: without any, the program runs once, and a
 * job until it succeeds.
 */
export function restartOf(service: Node): RestartSpec {
  const otherwise = isJob(service) ? 'on-failure' : 'no';
  const policy = child(child(service, 'deploy'), 'restart_policy');
  if (policy?.kind !== 'map') {
    return parseRestart(textAt(service, 'restart') ?? otherwise) ?? { condition: otherwise };
  }
  const condition = textAt(policy, 'condition') ?? (isJob(service) ? 'on-failure' : 'any');
  return present<RestartSpec>({
    condition: CONDITIONS[condition === 'none' || condition === 'on-failure' ? condition : 'any'],
    maxAttempts: numberAt(policy, 'max_attempts'),
    delayMs: valueAt(policy, 'delay', asMilliseconds),
  });
}
