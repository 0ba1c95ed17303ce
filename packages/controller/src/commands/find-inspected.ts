import {
  isHostId,
  isProjectName,
  isServiceName,
  NapError,
  projectName,
  serviceName,
  type InstanceId,
  type ProjectName,
  type ServiceName,
} from '@nap/shared';
import { didYouMean } from '../did-you-mean.js';
import { inspectHost } from '../output/inspect-host.js';
import { inspectInstance } from '../output/inspect-instance.js';
import { inspectProject } from '../output/inspect-project.js';
import { inspectService } from '../output/inspect-service.js';
import type { Inspected } from '../output/inspect-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { selectProjects } from './context.js';

export const INSPECTED_KINDS = ['project', 'service', 'instance', 'host'] as const;
export type InspectedKind = (typeof INSPECTED_KINDS)[number];

type Find = (
  view: ClusterView,
  name: string,
  project: string | undefined,
) => readonly (() => Inspected)[];

const FINDERS: Readonly<Record<InspectedKind, Find>> = {
  instance: (view, name) =>
    found(findInstance(view, name), (instance) => inspectInstance(view, instance)),
  service: (view, name, project) =>
    servicesCalled(view, name, project).map(
      ([of, service]) =>
        () =>
          inspectService(view, of, service),
    ),
  project: (view, name) =>
    isProjectName(name) && selectProjects(view, undefined).includes(projectName(name))
      ? [() => inspectProject(view, projectName(name))]
      : [],
  host: (view, name) =>
    found(isHostId(name) ? view.hosts.get(name) : undefined, (host) => inspectHost(view, host)),
};

function found<T>(
  value: T | undefined,
  inspect: (value: T) => Inspected,
): readonly (() => Inspected)[] {
  return value === undefined ? [] : [() => inspect(value)];
}

/** By its id or the name of its container. */
function findInstance(view: ClusterView, name: string): InstanceId | undefined {
  const placed = view.placements.find(
    ({ instance, spec }) => instance === name || spec.containerName === name,
  );
  return placed?.instance ?? [...view.reports.keys()].find((instance) => instance === name);
}

/** `shop.web`, or `web` of the project that is named, or of any. */
function servicesCalled(
  view: ClusterView,
  name: string,
  only: string | undefined,
): readonly (readonly [ProjectName, ServiceName])[] {
  return [...view.projects].flatMap(([project, { project: stored }]) => {
    if (only !== undefined && project !== only) return [];
    const service = name.startsWith(`${project}.`) ? name.slice(project.length + 1) : name;
    const isThere = isServiceName(service) && stored.services.some((it) => it.name === service);
    return isThere ? [[project, serviceName(service)] as const] : [];
  });
}

/** What is called so. Throws NOT_FOUND; USAGE where several are, with the way to say which. */
export function findInspected(
  view: ClusterView,
  name: string,
  only: { readonly kind?: InspectedKind | undefined; readonly project?: string | undefined },
): Inspected {
  const kinds = only.kind === undefined ? INSPECTED_KINDS : [only.kind];
  const all = kinds.flatMap((kind) => FINDERS[kind](view, name, only.project));
  const [first, second] = all;
  if (first === undefined) {
    throw new NapError('NOT_FOUND', `no ${kinds.join(', ')} ${name} in this cluster`, {
      hint:
        didYouMean(name, namesIn(view, kinds)) ??
        'nap-controller ps lists the instances, ls the projects, host ls the hosts',
    });
  }
  if (second === undefined) return first();
  const names = all.map((inspect) => identityOf(inspect()));
  throw new NapError('USAGE', `${name} may be ${names.join(' or ')}`, {
    hint: 'say which with --type, or with -p the project of a service',
  });
}

/** What may be meant; an instance is called as its service is, with a number. */
function namesIn(view: ClusterView, kinds: readonly InspectedKind[]): readonly string[] {
  const projects = [...view.projects.values()].map(({ project }) => project);
  const names: Readonly<Record<InspectedKind, () => readonly string[]>> = {
    project: () => selectProjects(view, undefined),
    service: () => projects.flatMap(({ services }) => services.map((it) => it.name)),
    instance: () => [],
    host: () => [...view.hosts.keys()],
  };
  return [...new Set(kinds.flatMap((kind) => names[kind]()))];
}

function identityOf(found: Inspected): string {
  switch (found.kind) {
    case 'project':
      return `the project ${found.project}`;
    case 'service':
      return `the service ${found.project}.${found.service}`;
    case 'instance':
      return `the instance ${found.instance}`;
    case 'host':
      return `the host ${found.host}`;
  }
}
