import { boolAt, child, entriesOf } from '../node.js';
import type { Checked } from './check.js';

/** A file must not look isolated when it is not: every declared network that a service uses is named. */
export function checkIsolation(checked: Checked): void {
  const used = new Set(
    checked.services.flatMap(({ node }) =>
      entriesOf(child(node, 'networks')).map(([name]) => name),
    ),
  );
  for (const [name, { keyPlace, value }] of entriesOf(child(checked.root, 'networks'))) {
    if (name === 'default' || !used.has(name) || boolAt(value, 'external') === true) continue;
    checked.findings.warning(
      keyPlace,
      `networks.${name}`,
      `nap does not isolate the network "${name}": all services of the project reach each other`,
      'do not rely on it for security',
    );
  }
}
