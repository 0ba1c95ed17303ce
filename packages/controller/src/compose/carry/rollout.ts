import type { RolloutConfig } from '@nap/shared';
import { child, numberAt, textAt, type Node } from '../node.js';
import { asMilliseconds, asPositive, present, valueAt } from './values.js';

/** Of `deploy.update_config` or `deploy.rollback_config`; undefined when it says nothing. */
export function rolloutOf(config: Node): RolloutConfig | undefined {
  const delayMs = valueAt(config, 'delay', asMilliseconds) ?? 0;
  const monitorMs = valueAt(config, 'monitor', asMilliseconds) ?? 0;
  const rollout = present<RolloutConfig>({
    parallelism: numberAt(config, 'parallelism'),
    delayMs: delayMs > 0 ? delayMs : undefined,
    failureAction: textAt(config, 'failure_action') as RolloutConfig['failureAction'],
    monitorMs: monitorMs > 0 ? monitorMs : undefined,
    maxFailureRatio: valueAt(config, 'max_failure_ratio', asPositive),
    order: textAt(config, 'order') as RolloutConfig['order'],
  });
  return Object.keys(rollout).length === 0 ? undefined : rollout;
}

/** Where a replacement runs beside what it replaces, clients that have just found the old one may finish. */
const START_FIRST_DRAIN_MS = 2_000;

/** Of `x-nap.drain` of the service, or else of the file; undefined: none. */
export function drainOf(service: Node, root: Node): number | undefined {
  const said = (node: Node): number | undefined =>
    valueAt(child(node, 'x-nap'), 'drain', asMilliseconds);
  const drainMs = said(service) ?? said(root);
  if (drainMs !== undefined) return drainMs > 0 ? drainMs : undefined;
  const update = child(child(service, 'deploy'), 'update_config');
  return textAt(update, 'order') === 'start-first' ? START_FIRST_DRAIN_MS : undefined;
}
