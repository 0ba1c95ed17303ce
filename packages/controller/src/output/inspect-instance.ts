import {
  parseInstanceId,
  type Decision,
  type InstanceId,
  type NameRecord,
  type Placement,
  type Report,
} from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { projectProgress } from '../plan/convergence.js';
import { factLine, indented, timeText } from './facts.js';
import { renderTable, type Table } from './table.js';

/** Everything that is known of one instance. */
export interface InspectedInstance {
  readonly kind: 'instance';
  readonly instance: InstanceId;
  readonly state: string;
  readonly message: string;
  /** One; two while a move is under way; none while its container is being removed. */
  readonly placements: readonly Placement[];
  readonly report: Report | undefined;
  readonly name: NameRecord | undefined;
}

export function inspectInstance(view: ClusterView, instance: InstanceId): InspectedInstance {
  const project = parseInstanceId(instance)?.project;
  const all = project === undefined ? [] : projectProgress(view, project);
  const progress = all.find((it) => it.instance === instance);
  return {
    kind: 'instance',
    instance,
    state: progress?.state ?? 'unknown',
    message: progress?.message ?? '',
    placements: view.placements.filter((it) => it.instance === instance),
    report: view.reports.get(instance),
    name: view.names.get(instance),
  };
}

const decisionTable: Table<Decision> = {
  columns: {
    WHEN: ({ atMs }) => timeText(atMs),
    DECIDED: ({ kind }) => kind,
    HOST: ({ host }) => host,
    WHY: ({ reason }) => reason,
  },
};

function placementText(placement: Placement): string {
  const { host, reason, spec, specHash, reserves, decidedAtMs, decisions = [] } = placement;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['host', host],
    ['why there', reason],
    ['since', timeText(decidedAtMs)],
    ['container', spec.containerName],
    ['image', spec.image],
    ['spec hash', specHash],
    ['reserves', reserves === undefined ? undefined : JSON.stringify(reserves)],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [factLine(name, value)],
  );
  // A person looks for what happened last.
  const newestFirst = [...decisions].reverse();
  const history =
    decisions.length === 0
      ? []
      : ['last decisions', indented(renderTable(decisionTable, newestFirst))];
  return [...lines, ...history].join('\n');
}

export function instanceText({
  instance,
  state,
  message,
  placements,
  report,
  name,
}: InspectedInstance): string {
  const address = report?.ip === undefined ? [] : [factLine('address', report.ip)];
  const lines = [
    factLine('state', message === '' ? state : `${state}: ${message}`),
    ...address,
    factLine('named', name === undefined ? 'no' : name.condition),
    factLine('restarts', String(report?.restarts ?? 0)),
    ...placements.map(placementText),
  ];
  return `${instance}\n${indented(lines.join('\n'))}`;
}
