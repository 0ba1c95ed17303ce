import { isServiceName, type Dependency, type Link, type ServiceSpec } from '@nap/shared';
import { splitLink } from '../canonicalise/links.js';
import { boolAt, child, entriesOf, itemsOf, textAt, textsOf, type Node } from '../node.js';
import type { CarryContext } from './carry.js';

const CONDITIONS: Readonly<Record<string, Dependency['condition']>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

/** A dependency that may be missing, and is, is no dependency. */
export function dependenciesOf(value: Node, { root }: CarryContext): Dependency[] {
  const services = child(root, 'services');
  return entriesOf(value).flatMap(([name, { value: dependency }]): Dependency[] => {
    if (!isServiceName(name) || child(services, name) === undefined) return [];
    const condition = CONDITIONS[textAt(dependency, 'condition') ?? ''] ?? 'started';
    return [{ service: name, condition, required: boolAt(dependency, 'required') ?? true }];
  });
}

export function linksOf(value: Node, { project, v1Files }: CarryContext): Link[] {
  return itemsOf(value).flatMap((link): Link[] => {
    if (link.kind !== 'scalar') return [];
    const { name, alias } = splitLink(String(link.value));
    if (!isServiceName(name)) return [];
    const v1 = v1Files.has(link.place.file) ? { v1Names: true } : {};
    return [{ project, service: name, alias, ...v1 }];
  });
}

export function externalLinksOf(value: Node): ServiceSpec['externalLinks'] {
  return textsOf(value).map((text) => {
    const link = splitLink(text);
    return { container: link.name, alias: link.alias };
  });
}

/** The aliases of all networks: there is one for all of a project. */
export function aliasesOf(value: Node): string[] {
  const aliases = entriesOf(value).flatMap(([, { value: network }]) =>
    textsOf(child(network, 'aliases')),
  );
  return [...new Set(aliases)];
}

export function extraHostsOf(value: Node): string[] {
  return textsOf(value).map((entry) => entry.replace('=', ':'));
}
