import {
  isServiceName,
  type Dependency,
  type Link,
  type Project,
  type ProjectName,
  type ServiceSpec,
} from '@nap/shared';
import { splitLink } from './canonicalise/links.js';
import {
  boolAt,
  child,
  entriesOf,
  itemsOf,
  numberAt,
  textAt,
  textsOf,
  type MapNode,
  type Node,
} from './node.js';
import { schedulingOf, schedulingPolicyOf } from './scheduling.js';
import { toContainer } from './to-container.js';

export interface ProjectContext {
  readonly name: ProjectName;
  readonly v1Files: ReadonlySet<string>;
}

const CONDITIONS: Readonly<Record<string, Dependency['condition']>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

export function replicasOf(service: Node): number {
  return numberAt(service, 'scale') ?? numberAt(child(service, 'deploy'), 'replicas') ?? 1;
}

/** A dependency that may be missing, and is, is no dependency. */
function dependenciesOf(service: Node, services: MapNode): Dependency[] {
  return entriesOf(child(service, 'depends_on')).flatMap(([name, { value }]): Dependency[] => {
    if (!isServiceName(name) || !services.entries.has(name)) return [];
    const condition = CONDITIONS[textAt(value, 'condition') ?? ''] ?? 'started';
    return [{ service: name, condition, required: boolAt(value, 'required') ?? true }];
  });
}

function linksOf(service: Node, context: ProjectContext): Link[] {
  return itemsOf(child(service, 'links')).flatMap((link): Link[] => {
    if (link.kind !== 'scalar') return [];
    const { name, alias } = splitLink(String(link.value));
    if (!isServiceName(name)) return [];
    const v1 = context.v1Files.has(link.place.file) ? { v1Names: true } : {};
    return [{ project: context.name, service: name, alias, ...v1 }];
  });
}

function aliasesOf(service: Node): string[] {
  const aliases = entriesOf(child(service, 'networks')).flatMap(([, { value }]) =>
    textsOf(child(value, 'aliases')),
  );
  return [...new Set(aliases)];
}

function toService(
  name: string,
  node: Node,
  root: MapNode,
  context: ProjectContext,
): ServiceSpec[] {
  const services = child(root, 'services');
  if (!isServiceName(name) || services?.kind !== 'map') return [];
  const containerName = textAt(node, 'container_name');
  const scheduling = schedulingOf(name, node, root);
  return [
    {
      name,
      replicas: replicasOf(node),
      container: toContainer(node, child(root, 'volumes')),
      ...(containerName === undefined ? {} : { containerName }),
      dependencies: dependenciesOf(node, services),
      aliases: aliasesOf(node),
      links: linksOf(node, context),
      externalLinks: textsOf(child(node, 'external_links')).map((text) => {
        const link = splitLink(text);
        return { container: link.name, alias: link.alias };
      }),
      ...(scheduling === undefined ? {} : { scheduling }),
    },
  ];
}

/** The project of a normalised tree without errors. */
export function toProject(root: MapNode, context: ProjectContext): Project {
  const scheduling = schedulingPolicyOf(root);
  return {
    name: context.name,
    services: entriesOf(child(root, 'services')).flatMap(([name, { value }]) =>
      toService(name, value, root, context),
    ),
    ...(scheduling === undefined ? {} : { scheduling }),
  };
}
