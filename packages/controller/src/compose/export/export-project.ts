import type {
  Dependency,
  FileDigest,
  Project,
  PullSpec,
  RolloutConfig,
  Scheduling,
  SchedulingPolicy,
  ServiceSpec,
} from '@nap/shared';
import { yamlText } from '../yaml-text.js';
import { containerTrees, durationText, requestFields } from './container.js';
import { GrantedFiles, type SuppliedFile } from './granted-files.js';
import { DeclaredVolumes } from './mounts.js';
import { itemOf, joined, listOf, mapOf, type Fields, type Tree, type TreeMap } from './tree.js';

export interface ExportedProject {
  readonly tree: TreeMap;
  /** What must lie beside the file before it is applied. */
  readonly files: readonly SuppliedFile[];
  /** What no file of today's format can say, as sentences. */
  readonly notes: readonly string[];
}

const CONDITIONS = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const;

function dependencyTree(dependencies: readonly Dependency[]): TreeMap | undefined {
  if (dependencies.length === 0) return undefined;
  return new Map(
    dependencies.map(({ service, condition, required }) => [
      service,
      itemOf({ condition: CONDITIONS[condition], required: required ? undefined : false }),
    ]),
  );
}

function pullText(pull: PullSpec | undefined): string | undefined {
  if (pull === undefined || typeof pull === 'string') return pull;
  return `every_${pull.everyMs / 1000}s`;
}

function policyFields({ strategy, seed, onHostLoss, onPartition }: SchedulingPolicy): Fields {
  const partition =
    typeof onPartition === 'object'
      ? itemOf({ stop_after: durationText(onPartition.stopAfterMs) })
      : onPartition;
  return { strategy, seed, on_host_loss: onHostLoss, on_partition: partition };
}

/** `deploy` and `x-nap` of a service. */
function schedulingFields(scheduling: Scheduling): Fields {
  const { constraints = [], spreadOver = [], maxPerHost, reserves, apartFrom = [] } = scheduling;
  const placement = mapOf({
    constraints: listOf(constraints.map(({ key, operator, value }) => `${key}${operator}${value}`)),
    preferences: listOf(spreadOver.map((spread) => itemOf({ spread }))),
    max_replicas_per_node: maxPerHost,
  });
  const reservations = mapOf({ cpus: reserves?.cpus, memory: reserves?.memoryBytes });
  return {
    deploy: mapOf({ placement, resources: mapOf({ reservations }) }),
    'x-nap': mapOf({ ...policyFields(scheduling), apart_from: listOf(apartFrom) }),
  };
}

function rolloutTree(rollout: RolloutConfig | undefined): TreeMap | undefined {
  if (rollout === undefined) return undefined;
  const { delayMs, monitorMs } = rollout;
  return mapOf({
    parallelism: rollout.parallelism,
    delay: delayMs === undefined ? undefined : durationText(delayMs),
    failure_action: rollout.failureAction,
    monitor: monitorMs === undefined ? undefined : durationText(monitorMs),
    max_failure_ratio: rollout.maxFailureRatio,
    order: rollout.order,
  });
}

/** `deploy` and `x-nap` again. With start-first some drain goes without saying, so none has to be said. */
function rolloutFields({ update, rollback, container: { drainMs } }: ServiceSpec): Fields {
  const isSaid = drainMs !== undefined || update?.order === 'start-first';
  return {
    deploy: mapOf({ update_config: rolloutTree(update), rollback_config: rolloutTree(rollback) }),
    'x-nap': mapOf({ drain: isSaid ? durationText(drainMs ?? 0) : undefined }),
  };
}

/** What reserves memory on the host is a soft limit too: one attribute says both. */
function withoutTwice(service: ServiceSpec): ServiceSpec['container'] {
  const { memoryReservationBytes, ...rest } = service.container;
  const isSaid = memoryReservationBytes === service.scheduling?.reserves?.memoryBytes;
  return isSaid || memoryReservationBytes === undefined
    ? rest
    : { ...rest, memoryReservationBytes };
}

function serviceTree(
  service: ServiceSpec,
  shared: { readonly files: GrantedFiles; readonly volumes: DeclaredVolumes },
): TreeMap {
  const { aliases, mode, replicas, links, externalLinks } = service;
  const own: readonly Fields[] = [
    { container_name: service.containerName, pull_policy: pullText(service.pull) },
    {
      deploy: mapOf({
        mode: mode === 'global' ? mode : undefined,
        replicas: replicas === 1 ? undefined : replicas,
      }),
    },
    schedulingFields(service.scheduling ?? {}),
    rolloutFields(service),
    requestFields(service.container.deviceRequests ?? [], service.scheduling?.reserves?.resources),
    {
      depends_on: dependencyTree(service.dependencies),
      networks:
        aliases.length === 0 ? undefined : mapOf({ default: itemOf({ aliases: [...aliases] }) }),
      links: listOf(links.map(({ service: to, alias }) => `${to}:${alias}`)),
      external_links: listOf(externalLinks.map(({ container, alias }) => `${container}:${alias}`)),
    },
  ];
  const container = containerTrees(withoutTwice(service), { service: service.name, ...shared });
  return joined([...container, ...own.map(itemOf)]);
}

function notesOf(project: Project): readonly string[] {
  return project.services
    .filter(({ links }) => links.some(({ v1Names }) => v1Names === true))
    .map(
      ({ name }) =>
        `${name} was in a file of the v1 format: the names that its links had there besides (db_1, ${project.name}_db_1) are lost`,
    );
}

/** The Compose file that is read as this project again. `contents` are those of its configs. */
export function exportProject(
  project: Project,
  contents: ReadonlyMap<FileDigest, string>,
): ExportedProject {
  const files = new GrantedFiles(contents);
  const volumes = new DeclaredVolumes(project.name);
  const services = project.services.map(
    (service) => [service.name, serviceTree(service, { files, volumes })] as const,
  );
  const tree = itemOf({
    name: project.name,
    services: new Map(services),
    volumes: volumes.tree(),
    ...files.top(),
    'x-nap': mapOf(policyFields(project.scheduling ?? {})),
  });
  return { tree, files: files.supplied(), notes: notesOf(project) };
}

/** A dollar is doubled: nobody's variables are replaced in it. Not in keys, where nobody replaces any. */
function escaped(tree: Tree): Tree {
  if (typeof tree === 'string') return tree.replaceAll('$', '$$$$');
  if (tree instanceof Map) {
    return new Map([...(tree as TreeMap)].map(([key, value]) => [key, escaped(value)]));
  }
  return Array.isArray(tree) ? (tree as readonly Tree[]).map(escaped) : tree;
}

/** As YAML, below these lines of comment, with a newline at its end. */
export function renderExport({ tree }: ExportedProject, comment: readonly string[]): string {
  return yamlText(escaped(tree), comment);
}
