import {
  formatInstanceId,
  instanceSpec,
  isServiceName,
  NapError,
  parseInstanceId,
  serviceName,
  type ContainerSpec,
  type HostId,
  type InstanceId,
  type Link,
  type Project,
  type ProjectName,
  type ServiceSpec,
} from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { explainUnplaced } from './explain-unplaced.js';
import { needsText } from './resources.js';
import { schedule, type Schedule } from './schedule.js';
import { wantedInstances, type WantedInstance } from './wanted.js';

/** What the operator says instead of what the service says. */
export interface OneOffWish {
  readonly project: ProjectName;
  readonly service: string;
  /** Random: tells this one-off from all others. */
  readonly id: string;
  readonly host: HostId | undefined;
  readonly name: string | undefined;
  readonly hasServicePorts: boolean;
  readonly needsDependencies: boolean;
  /** Fields of the spec that are other ones. */
  readonly change: (spec: ContainerSpec) => ContainerSpec;
}

/** One container of a service beside its instances: what, where, and why there. */
export interface OneOffPlan {
  readonly instance: InstanceId;
  readonly service: ServiceSpec['name'];
  readonly cluster: string;
  readonly host: HostId;
  readonly reason: string;
  readonly spec: ContainerSpec;
  readonly links: readonly Link[];
}

/**
 * The host is chosen as for one more instance: by constraints, by the volumes that it shares, by what is free. Throws
 * NOT_FOUND for what was not applied, NOT_CONVERGED while a dependency is not there, UNPLACEABLE with the reason.
 */
export function planOneOff(view: ClusterView, wish: OneOffWish): OneOffPlan {
  const project = view.projects.get(wish.project)?.project;
  const service = project?.services.find(({ name }) => name === wish.service);
  if (project === undefined || service === undefined || view.cluster === undefined) {
    throw notApplied(wish, project);
  }
  if (wish.needsDependencies) checkDependencies(view, project, service);
  const alone = asOneOff(service, wish);
  const spec = wish.change(specOf(project, service, wish));
  const { host, reason } = place(view, project, alone, wish);
  const instance = formatInstanceId({ project: project.name, service: alone.name, index: 1 });
  return {
    ...{ instance, service: service.name, cluster: view.cluster.id, host, reason, spec },
    links: service.links,
  };
}

/** A service of its own, with one instance: nothing of it is stored. */
function asOneOff(
  service: ServiceSpec,
  { id, host, name, hasServicePorts }: OneOffWish,
): ServiceSpec {
  const { mode: _mode, containerName: _name, ...rest } = service;
  const { maxPerHost: _most, ...scheduling } = service.scheduling ?? {};
  const here =
    host === undefined ? [] : [{ key: 'node.hostname', operator: '==' as const, value: host }];
  return {
    ...rest,
    name: serviceName(`${service.name}-run-${id}`),
    replicas: 1,
    dependencies: [],
    ...(name === undefined ? {} : { containerName: name }),
    container: { ...service.container, ports: hasServicePorts ? service.container.ports : [] },
    scheduling: { ...scheduling, constraints: [...here, ...(scheduling.constraints ?? [])] },
  };
}

/** As the first instance has it, without what only an instance can have: its ports, its host name, its hooks. */
function specOf(project: Project, service: ServiceSpec, wish: OneOffWish): ContainerSpec {
  const made = instanceSpec(project, service, 1);
  const {
    hostname,
    postStart: _post,
    preStop: _pre,
    drainMs: _drain,
    forced: _forced,
    ...spec
  } = made;
  return {
    ...spec,
    ...(service.container.hostname === undefined || hostname === undefined ? {} : { hostname }),
    containerName: wish.name ?? `${project.name}-${service.name}-run-${wish.id}`,
    ports: wish.hasServicePorts ? spec.ports : [],
    restart: { condition: 'no' },
  };
}

function place(
  view: ClusterView,
  project: Project,
  alone: ServiceSpec,
  wish: OneOffWish,
): { readonly host: HostId; readonly reason: string } {
  const together = { ...project, services: [...project.services, alone] };
  const wanted = wantedInstances(view, together);
  const instance = formatInstanceId({ project: project.name, service: alone.name, index: 1 });
  const chosen = schedule(view, together, wanted);
  const own = wanted.find((it) => it.instance === instance);
  const found = own && chosen.chosenFor(own);
  if (found !== undefined) return found;
  const { reason = 'no host fits' } = chosen.unplaced.find((it) => it.instance === instance) ?? {};
  const ofAsked = wish.host && own && whyNotOnAsked(chosen, wish.host, own);
  const can = wish.host === undefined ? 'can run on no host' : `cannot run on ${wish.host}`;
  throw new NapError(
    'UNPLACEABLE',
    `a one-off of ${project.name}/${wish.service} ${can}: ${ofAsked ?? reason}`,
    {
      hint:
        wish.host === undefined
          ? 'nap-controller host ls shows the hosts and what is free'
          : 'without --host the scheduler chooses one',
    },
  );
}

/** That other hosts are not the one that was asked for says nothing then. */
function whyNotOnAsked(chosen: Schedule, host: HostId, own: WantedInstance): string | undefined {
  const reason = chosen.whyNotOn(host, own);
  if (reason === undefined) return undefined;
  // Only of what is there to some amount does it matter how much is needed.
  const needs = reason.rank === undefined ? '' : needsText(own.needs.resources);
  return explainUnplaced(new Map([[host, reason]]), needs);
}

function notApplied({ project, service }: OneOffWish, found: Project | undefined): NapError {
  if (found === undefined) {
    return new NapError('NOT_FOUND', `project ${project} was not applied to this cluster`, {
      hint: 'apply it first: a one-off is a container of a service that runs in a project',
    });
  }
  const names = found.services.map(({ name }) => name).join(', ');
  return new NapError('NOT_FOUND', `project ${project} has no service ${service}`, {
    hint: isServiceName(service)
      ? `there are: ${names}`
      : `such as ${found.services[0]?.name ?? ''}`,
  });
}

/** Unlike Compose, nothing is started for it: what a project consists of is what was applied. */
function checkDependencies(view: ClusterView, project: Project, service: ServiceSpec): void {
  for (const { service: other, condition, required } of service.dependencies) {
    if (!required) continue;
    const records = [...view.names.values()].filter(
      (it) => it.project === project.name && it.service === other,
    );
    const isThere = records.some((it) =>
      condition === 'started'
        ? true
        : it.condition === (condition === 'healthy' ? 'ready' : 'completed'),
    );
    if (isThere) continue;
    const why = [...view.reports.values()].find(({ instance }) => {
      const parts = parseInstanceId(instance);
      return parts?.project === project.name && parts.service === other;
    });
    const said = why === undefined || why.message === '' ? '' : `: ${why.message}`;
    throw new NapError(
      'NOT_CONVERGED',
      `${project.name}/${other}, which ${service.name} depends on, is not ${condition}${said}`,
      {
        hint: `nap-controller ps ${project.name} says why, apply starts it; --no-deps runs without it`,
      },
    );
  }
}
