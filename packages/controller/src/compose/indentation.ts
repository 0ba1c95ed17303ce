import { SERVICE_ATTRIBUTES } from './attributes.js';
import type { Findings } from './findings.js';
import {
  brokenNode,
  entriesOf,
  isNull,
  keyPath,
  mapNode,
  withEntries,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';
import { TOP_LEVEL } from './top-level.js';

/**
 * Blanks too few in front of a line make another file of it, of which every rule would say something that is true and of no
 * help. Such keys are told of here, where they stand, and then left out.
 */

const isServiceKey = (key: string): boolean => Object.hasOwn(SERVICE_ATTRIBUTES, key);

/** What has the name of a key holds keys of the same name too, such as the labels of `deploy`: only these three tell. */
function isLikeService(name: string, node: Node): boolean {
  const isTelling = (key: string): boolean =>
    isServiceKey(name) ? /^(image|build|extends)$/.test(key) : isServiceKey(key);
  return entriesOf(node).some(([key]) => isTelling(key));
}

interface Stray {
  readonly key: string;
  readonly path: string;
  readonly entry: Entry;
  /** The service in front of it. */
  readonly service: string | undefined;
}

function reportServiceKey({ key, path, entry, service }: Stray, findings: Findings): void {
  const where = path === key ? 'at the top level' : 'where names of services stand';
  const message = `"${key}" is a key of a service, and stands ${where}`;
  const under = service === undefined ? 'the name of its service' : `"${service}:"`;
  findings.error(entry.keyPlace, path, message, `indent it under ${under}`);
}

/** `image` and the like beside the names of services. Only what is no mapping shows it: a service may have any name. */
function withoutStrayKeys(services: MapNode, findings: Findings): MapNode {
  const all = entriesOf(services);
  const isBare = ([key, { value }]: (typeof all)[number]): boolean =>
    isServiceKey(key) && value.kind !== 'map' && !isNull(value) && value.mark === undefined;
  if (!all.some(isBare)) return services;
  const kept: (readonly [string, Entry])[] = [];
  for (const [key, entry] of all) {
    if (!isServiceKey(key) || isLikeService(key, entry.value)) {
      kept.push([key, entry]);
      continue;
    }
    const [service] = kept.at(-1) ?? [];
    reportServiceKey({ key, path: keyPath('services', key), entry, service }, findings);
  }
  // What is empty has what is left out: nothing more is to be said of it.
  const told = kept.map(([name, entry]): readonly [string, Entry] =>
    isNull(entry.value)
      ? [name, { ...entry, value: brokenNode(entry.value.place) }]
      : [name, entry],
  );
  return mapNode(told, services.place);
}

/** What belongs under `services` beside it. */
function strayAtTop(root: MapNode, services: Entry, findings: Findings): readonly string[] {
  const last = entriesOf(services.value).at(-1)?.[0];
  return entriesOf(root).flatMap(([key, entry]) => {
    if (Object.hasOwn(TOP_LEVEL, key) || key.startsWith('x-')) return [];
    if (isLikeService(key, entry.value)) {
      const { line } = services.keyPlace;
      const message = `looks like a service, and stands at the top level, beside "services" in line ${line}`;
      findings.error(entry.keyPlace, key, message, 'indent it and what follows under "services:"');
      return [key];
    }
    if (!isServiceKey(key)) return [];
    reportServiceKey({ key, path: key, entry, service: last }, findings);
    return [key];
  });
}

/** A document in today's format without the keys that stand too far left, which are reported. */
export function withoutStrays(root: MapNode, findings: Findings): MapNode {
  const services = root.entries.get('services');
  if (services === undefined) return root;
  const strays = strayAtTop(root, services, findings);
  const { value } = services;
  const inner = value.kind === 'map' ? withoutStrayKeys(value, findings) : value;
  const isEmptied = strays.length > 0 && isNull(inner);
  return withEntries(root, {
    ...Object.fromEntries(strays.map((key) => [key, undefined])),
    services: isEmptied ? brokenNode(inner.place) : inner,
  });
}
