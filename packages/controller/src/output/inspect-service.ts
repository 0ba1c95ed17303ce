import {
  nameTable,
  parseInstanceId,
  type PortSpec,
  type ProjectName,
  type Scheduling,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress } from '../plan/convergence.js';
import { projectRecords } from '../plan/names-check.js';
import { bracketed } from '../port-addresses.js';
import { factLines, indented } from './facts.js';
import { instancesText, listedInstances, type ListedInstance } from './inspect-instances.js';

/** Everything that is known of one service. */
export interface InspectedService {
  readonly kind: 'service';
  readonly project: ProjectName;
  readonly service: ServiceName;
  /** Of the project in which it stands like this. Absent: only some of its instances are left. */
  readonly revision: number | undefined;
  readonly spec: ServiceSpec | undefined;
  /** Those that are as wanted, of all that are placed or leaving. */
  readonly done: number;
  readonly instances: readonly ListedInstance[];
  /** Its names, those of its instances too, with the addresses that clients find. */
  readonly names: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

export function inspectService(
  view: ClusterView,
  project: ProjectName,
  service: ServiceName,
): InspectedService {
  const isOwn = (instance: string): boolean => parseInstanceId(instance)?.service === service;
  const progress = projectProgress(view, project).filter(({ instance }) => isOwn(instance));
  const stored = view.projects.get(project);
  const { entries } = nameTable(project, projectRecords(view, project));
  return {
    ...{ kind: 'service', project, service },
    revision: stored?.revision,
    spec: stored?.project.services.find(({ name }) => name === service),
    done: progress.filter(({ phase }) => phase === 'done').length,
    instances: listedInstances(view, progress),
    names: entries.flatMap(({ name, records }) => {
      const own = records.filter(({ instance }) => isOwn(instance));
      return own.length === 0 ? [] : [{ name, addresses: own.map(({ ip }) => ip) }];
    }),
  };
}

export const replicasText = ({ mode, replicas }: ServiceSpec): string =>
  mode === 'global' ? 'global' : String(replicas);

function portText({ target, published, hostIp, protocol }: PortSpec): string {
  const to = `${target}/${protocol}`;
  if (published === undefined) return to;
  const { from, to: last } = published;
  const host = hostIp === undefined ? '' : `${bracketed(hostIp)}:`;
  return `${host}${from === last ? from : `${from}-${last}`}->${to}`;
}

function placementText(scheduling: Scheduling | undefined): string | undefined {
  if (scheduling === undefined) return undefined;
  const { constraints = [], ...rest } = scheduling;
  const asked = constraints.map(({ key, operator, value }) => `${key}${operator}${value}`);
  const others = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [...asked, ...others].join(', ');
}

export function serviceText(found: InspectedService): string {
  const { project, service, spec, revision, done, instances, names } = found;
  const lines = [
    ...factLines([
      ['state', `${done} of ${instances.length} as wanted`],
      ['revision', revision === undefined ? undefined : String(revision)],
      ['instances', spec && replicasText(spec)],
      ['image', spec?.container.image],
      ['command', spec?.container.command?.join(' ')],
      ['ports', spec?.container.ports.map(portText).join(', ')],
      ['depends on', spec?.dependencies.map((it) => `${it.service} (${it.condition})`).join(', ')],
      ['placement', placementText(spec?.scheduling)],
      ...names.map(({ name, addresses }) => [`name`, `${name} ${addresses.join(' ')}`] as const),
    ]),
    ...instancesText(instances),
  ];
  return `${project}.${service}\n${indented(lines.join('\n'))}`;
}
