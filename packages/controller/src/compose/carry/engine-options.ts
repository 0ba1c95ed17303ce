import type { ServiceContainer } from '@nap/shared';
import { seccompFile } from '../canonicalise/security-options.js';
import { child, textsOf, type Node } from '../node.js';
import type { CarryContext } from './carry.js';
import { asFilledPairs, asText, present, valueAt } from './values.js';

export function loggingOf(node: Node): ServiceContainer['logging'] {
  const logging = present<NonNullable<ServiceContainer['logging']>>({
    driver: valueAt(node, 'driver', asText),
    options: asFilledPairs(child(node, 'options')),
  });
  return Object.keys(logging).length === 0 ? undefined : logging;
}

/** A seccomp profile travels in the option itself, as Compose and the engine have it. */
export function securityOptionsOf(value: Node, { contents }: CarryContext): string[] | undefined {
  const options = textsOf(value).map((option) => {
    const file = seccompFile(option);
    return file === undefined ? option : `seccomp=${contents.profiles.get(file) ?? ''}`;
  });
  return options.length === 0 ? undefined : options;
}
