import type { HookSpec } from '@nap/shared';
import { child, itemsOf, type Node } from '../node.js';
import { asFilledPairs, asText, asTexts, asTrue, present, valueAt } from './values.js';

/** Of `post_start` or `pre_stop`. */
export function hooksOf(value: Node): HookSpec[] | undefined {
  const hooks = itemsOf(value).map((node) =>
    present<HookSpec>({
      command: valueAt(node, 'command', asTexts) ?? [],
      user: valueAt(node, 'user', asText),
      privileged: valueAt(node, 'privileged', asTrue),
      workingDir: valueAt(node, 'working_dir', asText),
      environment: asFilledPairs(child(node, 'environment')),
    }),
  );
  return hooks.length === 0 ? undefined : hooks;
}
