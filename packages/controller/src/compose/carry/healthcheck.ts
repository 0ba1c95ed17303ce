import type { HealthcheckSpec } from '@nap/shared';
import { boolAt, numberAt, type Node } from '../node.js';
import { asMilliseconds, asTexts, present, valueAt } from './values.js';

export function healthcheckOf(node: Node): HealthcheckSpec | undefined {
  const test = valueAt(node, 'test', asTexts);
  if (boolAt(node, 'disable') === true || test?.[0] === 'NONE') return { test: ['NONE'] };
  const health = present<HealthcheckSpec>({
    test: test?.length === 0 ? undefined : test,
    intervalMs: valueAt(node, 'interval', asMilliseconds),
    timeoutMs: valueAt(node, 'timeout', asMilliseconds),
    startPeriodMs: valueAt(node, 'start_period', asMilliseconds),
    startIntervalMs: valueAt(node, 'start_interval', asMilliseconds),
    retries: numberAt(node, 'retries'),
  });
  return Object.keys(health).length === 0 ? undefined : health;
}
