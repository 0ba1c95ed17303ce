import { rejected, type Shape } from '../shape.js';
import { text } from './scalars.js';

/** Empty as of a variable without a value: the default. */
const POLICY = /^(|no|always|unless-stopped|on-failure)(?::(\d+))?$/;

export interface RestartPolicy {
  readonly condition: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly maxAttempts?: number;
}

/** The parts of `on-failure:3`; undefined when it is no restart policy. Only on-failure takes a number. */
export function parseRestart(policy: string): RestartPolicy | undefined {
  const [, name, attempts] = POLICY.exec(policy) ?? [];
  if (name === 'on-failure') {
    return {
      condition: name,
      ...(attempts === undefined ? {} : { maxAttempts: Number(attempts) }),
    };
  }
  if (attempts !== undefined) return undefined;
  if (name === '') return { condition: 'no' };
  return name === 'no' || name === 'always' || name === 'unless-stopped'
    ? { condition: name }
    : undefined;
}

export const restart: Shape = {
  ...text,
  kind: 'restart policy',
  read: (node, path, context) => {
    if (node.kind === 'scalar' && node.value === false) {
      return rejected(node, path, context, 'must be a string', 'write restart: "no"');
    }
    const value = text.read(node, path, context);
    if (value.kind !== 'scalar' || parseRestart(String(value.value)) !== undefined) return value;
    return rejected(
      node,
      path,
      context,
      `"${String(value.value)}" is not a restart policy`,
      'one of "no", always, unless-stopped, on-failure, on-failure:N',
    );
  },
};
