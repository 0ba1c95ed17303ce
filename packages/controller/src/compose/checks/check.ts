import type { Place, ProjectName } from '@nap/shared';
import type { Findings } from '../findings.js';
import { child, entriesOf, type MapNode } from '../node.js';

/** What a check looks at: the normalised tree of the services that will run. */
export interface Checked {
  readonly root: MapNode;
  readonly project: ProjectName;
  readonly services: readonly CheckedService[];
  /** Services that no active profile enables. */
  readonly disabled: ReadonlySet<string>;
  readonly findings: Findings;
}

export interface CheckedService {
  readonly name: string;
  readonly node: MapNode;
  readonly place: Place;
  readonly path: string;
}

export function servicesOf(root: MapNode): readonly CheckedService[] {
  return entriesOf(child(root, 'services')).flatMap(([name, { keyPlace, value }]) =>
    value.kind === 'map' ? [{ name, node: value, place: keyPlace, path: `services.${name}` }] : [],
  );
}
