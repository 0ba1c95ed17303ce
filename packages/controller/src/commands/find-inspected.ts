import { formatInstanceId, isHostId, NapError, type InstanceId } from '@nap/shared';
import { didYouMean } from '../did-you-mean.js';
import { inspectHost } from '../output/inspect-host.js';
import { inspectInstance } from '../output/inspect-instance.js';
import { inspectProject } from '../output/inspect-project.js';
import { inspectService } from '../output/inspect-service.js';
import type { Inspected } from '../output/inspect-view.js';
import type { ClusterView, HostView } from '../plan/cluster-view.js';
import { meaningsOf, requireProject, type Named } from '../plan/meanings.js';
import { selectProjects } from './context.js';

export const INSPECTED_KINDS = ['project', 'service', 'instance', 'host'] as const;
export type InspectedKind = (typeof INSPECTED_KINDS)[number];

type Found = Named | { readonly host: HostView };

function kindOf(found: Found): InspectedKind {
  if ('host' in found) return 'host';
  if (found.index !== undefined) return 'instance';
  return found.service === undefined ? 'project' : 'service';
}

/** All that is called so; only where that is nothing, what the word is put together of. */
function allCalled(view: ClusterView, name: string, { kind, project }: Only): readonly Found[] {
  const isWanted = (it: Found): boolean =>
    (kind === undefined || kindOf(it) === kind) && isThere(view, it);
  const meanings = meaningsOf(view, name, project).map(({ isWhole, named }) => ({
    ...{ isWhole, named: named.filter(isWanted) },
  }));
  const host = isHostId(name) ? view.hosts.get(name) : undefined;
  const hosts = (host === undefined ? [] : [{ host }]).filter(isWanted);
  const whole = meanings.filter(({ isWhole }) => isWhole).flatMap(({ named }) => named);
  if (whole.length + hosts.length > 0) return [...whole, ...hosts];
  return meanings.find(({ named }) => named.length > 0)?.named ?? [];
}

/** A service that left its project is shown no more, but what is left of its instances is. */
function isThere(view: ClusterView, found: Found): boolean {
  if ('host' in found || found.service === undefined) return true;
  const { project, service, index } = found;
  if (index !== undefined) return isKnown(view, formatInstanceId({ project, service, index }));
  const stored = view.projects.get(project)?.project.services ?? [];
  return stored.some(({ name }) => name === service);
}

const isKnown = ({ placements, reports }: ClusterView, id: InstanceId): boolean =>
  reports.has(id) || placements.some(({ instance }) => instance === id);

function inspect(view: ClusterView, found: Found): Inspected {
  if ('host' in found) return inspectHost(view, found.host);
  const { project, service, index } = found;
  if (service === undefined) return inspectProject(view, project);
  if (index === undefined) return inspectService(view, project, service);
  return inspectInstance(view, formatInstanceId({ project, service, index }));
}

interface Only {
  readonly kind?: InspectedKind | undefined;
  readonly project?: string | undefined;
}

/** What is called so. Throws NOT_FOUND; USAGE where several are, with the way to say which. */
export function findInspected(view: ClusterView, name: string, only: Only): Inspected {
  const kinds = only.kind === undefined ? INSPECTED_KINDS : [only.kind];
  const all = allCalled(view, name, only);
  const [first, second] = all;
  if (first === undefined) {
    if (only.project !== undefined) requireProject(view, only.project);
    throw new NapError('NOT_FOUND', `no ${kinds.join(', ')} ${name} in this cluster`, {
      hint:
        didYouMean(name, namesIn(view, kinds, only.project)) ??
        'nap-controller ps lists the instances, ls the projects, host ls the hosts',
    });
  }
  if (second === undefined) return inspect(view, first);
  const names = all.map((it) => identityOf(inspect(view, it)));
  throw new NapError('USAGE', `${name} may be ${names.join(' or ')}`, {
    hint: 'say which with --type, or with -p the project of a service',
  });
}

/** What may be meant; an instance is called as its service is, with a number. */
function namesIn(
  view: ClusterView,
  kinds: readonly InspectedKind[],
  only: string | undefined,
): readonly string[] {
  const projects = [...view.projects.values()]
    .map(({ project }) => project)
    .filter(({ name }) => only === undefined || name === only);
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
