import type { Place } from '@nap/shared';
import { splitLink } from './canonicalise/links.js';
import { partnerOf } from './canonicalise/namespaces.js';
import { parseVolumesFrom } from './canonicalise/volumes-from.js';
import { child, itemsOf, textAt, type Node } from './node.js';

/** A service that another one cannot be without, although it stands under another key than `depends_on`. */
export interface ImpliedDependency {
  readonly key: 'links' | 'network_mode' | 'ipc' | 'pid' | 'volumes_from';
  readonly name: string;
  readonly place: Place;
  /** When the other one is replaced, this one must be too. */
  readonly restarts: boolean;
}

function textsAt(service: Node, key: string): readonly (readonly [string, Place])[] {
  return itemsOf(child(service, key)).flatMap((item) =>
    item.kind === 'scalar' ? [[String(item.value), item.place] as const] : [],
  );
}

export function impliedDependencies(service: Node): readonly ImpliedDependency[] {
  const links = textsAt(service, 'links').map(
    ([link, place]) =>
      ({ key: 'links', name: splitLink(link).name, place, restarts: true }) as const,
  );
  const namespaces = (['network_mode', 'ipc', 'pid'] as const).flatMap((key) => {
    const name = partnerOf(textAt(service, key) ?? '');
    const place = child(service, key)?.place;
    return name === undefined || place === undefined ? [] : [{ key, name, place, restarts: true }];
  });
  const volumes = textsAt(service, 'volumes_from').flatMap(([source, place]) => {
    const name = parseVolumesFrom(source)?.name;
    return name === undefined
      ? []
      : [{ key: 'volumes_from', name, place, restarts: false } as const];
  });
  return [...links, ...namespaces, ...volumes];
}
