import {
  hostsEntries,
  nameTable,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type NameRecord,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { ClusterView } from '@nap/controller/testing';
import type { ObservedContainer } from '@nap/agent/testing';
import { JOB_IMAGE } from './projects.js';
import { mayWait, programDifferences } from './program-state.js';

/** What is judged of a container, whether its engine is a real one or not. */
export interface SeenContainer extends Pick<
  ObservedContainer,
  'instance' | 'specHash' | 'name' | 'ip'
> {
  readonly run: { readonly state: string };
}

/** A host as its engine shows it. */
export interface HostState {
  readonly id: HostId;
  readonly name: string;
  readonly containers: readonly SeenContainer[];
  /** By the container's name. */
  readonly hostsFile: (container: string) => string;
}

/**
 * What differs once everything has calmed down: projects = placements = Docker = reports = names = hosts files. Empty when
 * all is as it should be.
 */
export function differences(
  view: ClusterView,
  allHosts: readonly HostState[],
  wasRestored = false,
): readonly string[] {
  const hosts = wasRestored ? allHosts.map((host) => withoutUnknown(view, host)) : allHosts;
  return [
    ...view.unreadable,
    ...hosts.flatMap((host) => [
      ...sessionDifferences(view, host),
      ...dockerDifferences(view, host),
      ...hostsFileDifferences(view, host),
    ]),
    ...projectDifferences(view),
    ...programDifferences(view, hosts),
    ...reportDifferences(view),
    ...nameDifferences(wasRestored ? withoutForgotten(view) : view, hosts),
    // A backup brings back what nobody owns any more: see docs/faults.md.
    ...(wasRestored ? [] : ownerless(view)),
  ];
}

/**
 * What a backup of etcd did not know runs on, until somebody applies it again or removes it; and a job that was over here
 * stays where it was, although the backup may have it elsewhere.
 */
function withoutUnknown({ placements }: ClusterView, host: HostState): HostState {
  const placed = new Set(placements.map(({ instance }) => instance));
  const here = new Set(placements.filter((it) => it.host === host.id).map((it) => it.instance));
  const isKnown = ({ instance, run }: SeenContainer): boolean =>
    placed.has(instance) && (run.state === 'running' || here.has(instance));
  return { ...host, containers: host.containers.filter(isKnown) };
}

/** A name that was being withdrawn when the backup was made stays until its host has to do with the project again. */
function withoutForgotten(view: ClusterView): ClusterView {
  const isForgotten = ({ instance, host, project }: NameRecord): boolean =>
    view.placements.every(
      (it) =>
        it.instance !== instance &&
        !(it.host === host && parseInstanceId(it.instance)?.project === project),
    );
  return { ...view, names: new Map([...view.names].filter(([, it]) => !isForgotten(it))) };
}

function sessionDifferences(view: ClusterView, host: HostState): readonly string[] {
  return view.hosts.get(host.id)?.isAlive === true ? [] : [`${host.name} holds no lease`];
}

/** A move in which the new container starts first: the old one stays until it has. */
const isYielding = ({ yieldsTo }: Placement): boolean => yieldsTo !== undefined;

const placesOf = (placements: readonly Placement[], waiting: ReadonlySet<string>): 1 | 2 =>
  placements.some((it) => isYielding(it) && waiting.has(it.instance)) ? 2 : 1;

/** Every replica of what is stored is placed once, and nothing else. */
function projectDifferences(view: ClusterView): readonly string[] {
  const placed = new Map<InstanceId, Placement[]>();
  for (const placement of view.placements) {
    placed.set(placement.instance, [...(placed.get(placement.instance) ?? []), placement]);
  }
  const waiting = mayWait(view);
  const wanted = new Set<string>();
  const found: string[] = [];
  for (const { project } of view.projects.values()) {
    for (const { name, mode, replicas } of project.services) {
      const count = mode === 'global' ? view.hosts.size : replicas;
      for (let index = 1; index <= count; index += 1)
        wanted.add(`${project.name}.${name}.${index}`);
    }
  }
  for (const instance of wanted) {
    if (![...placed.keys()].some((it) => it === instance)) found.push(`${instance} is not placed`);
  }
  for (const [instance, placements] of placed) {
    const { length } = placements;
    if (length > placesOf(placements, waiting)) found.push(`${instance} is placed ${length} times`);
    // A `down --volumes` that was cut short leaves these for the next command.
    const isLeft = placements.every((it) => it.wanted === 'removed');
    if (!wanted.has(instance) && !isLeft) found.push(`${instance} is placed and not wanted`);
  }
  return found;
}

const isJob = ({ spec }: Placement): boolean => spec.image === JOB_IMAGE;

function dockerDifferences(view: ClusterView, host: HostState): readonly string[] {
  const found: string[] = [];
  const waiting = mayWait(view);
  const placements = view.placements.filter((it) => it.host === host.id && it.wanted !== 'removed');
  const containers = host.containers;
  for (const placement of placements) {
    if (placement.wanted === 'stopped' || waiting.has(placement.instance)) continue;
    found.push(...runDifferences(view, host, placement));
  }
  for (const { instance, name } of containers) {
    if (!placements.some((it) => it.instance === instance)) {
      found.push(`${host.name} has ${name}, which is not placed there`);
    }
  }
  return found;
}

function runDifferences(
  view: ClusterView,
  host: HostState,
  placement: Placement,
): readonly string[] {
  const { instance, specHash, spec } = placement;
  const own = host.containers.filter((it) => it.instance === instance);
  const [container] = own;
  // A job that is over need not have its container any more.
  const isOver = isJob(placement) && view.names.get(instance)?.condition === 'completed';
  if (isOver && own.every(({ run }) => run.state !== 'running')) return [];
  if (container === undefined || own.length > 1) {
    return [`${host.name} has ${own.length} containers of ${instance}`];
  }
  return [
    ...(container.specHash === specHash ? [] : [`${instance} runs another spec`]),
    ...(container.name === spec.containerName ? [] : [`${instance} is called ${container.name}`]),
    ...(container.run.state === 'running' ? [] : [`${instance} is ${container.run.state}`]),
  ];
}

function reportDifferences(view: ClusterView): readonly string[] {
  const found: string[] = [];
  const waiting = mayWait(view);
  for (const placement of view.placements) {
    const { instance, host, specHash } = placement;
    // The host that it moves to has the word, although it cannot start there until what it needs is started again.
    if (waiting.has(instance) && isYielding(placement)) continue;
    const report = view.reports.get(instance);
    const state = report?.status.state ?? '';
    const expected = [
      ...statesOf(placement),
      ...(waiting.has(instance) ? ['pending', 'completed'] : []),
    ];
    if (report?.host !== host || report.specHash !== specHash || !expected.includes(state)) {
      found.push(`the report of ${instance} says ${state || 'nothing'}: ${report?.message ?? ''}`);
    }
  }
  return found;
}

function statesOf(placement: Placement): readonly string[] {
  const ended = isJob(placement) ? 'completed' : 'running';
  return {
    running: [ended],
    // A job that was over before stays so.
    stopped: isJob(placement) ? ['stopped', 'completed'] : ['stopped'],
    removed: ['removed'],
  }[placement.wanted];
}

/** Reports, and records of jobs that are over, of what is placed nowhere. */
function ownerless({ placements, reports, names }: ClusterView): readonly string[] {
  const isPlaced = (instance: InstanceId): boolean =>
    placements.some((it) => it.instance === instance);
  const over = [...names.values()].filter(({ condition }) => condition === 'completed');
  return [
    ...[...reports.keys()].filter((it) => !isPlaced(it)).map((it) => `a report of ${it} is left`),
    ...over
      .filter(({ instance }) => !isPlaced(instance))
      .map(({ instance }) => `a name of ${instance} is left`),
  ];
}

/** One record for each container that runs, and for each job that is over. */
function nameDifferences(view: ClusterView, hosts: readonly HostState[]): readonly string[] {
  const found: string[] = [];
  const running = new Map<InstanceId, { host: HostState; container: SeenContainer }>();
  for (const host of hosts) {
    for (const container of host.containers) {
      if (container.run.state === 'running') running.set(container.instance, { host, container });
    }
  }
  for (const [instance, { host, container }] of running) {
    const record = view.names.get(instance);
    const isRight =
      record?.host === host.id && record.ip === container.ip && record.condition === 'ready';
    if (!isRight) found.push(`the name of ${instance} is ${recordText(record)}`);
  }
  for (const [instance, record] of view.names) {
    const isTrue = record.condition === 'completed' || running.has(instance);
    if (!isTrue) found.push(`a name of ${instance} is left: ${recordText(record)}`);
  }
  return found;
}

const recordText = (record: NameRecord | undefined): string =>
  record === undefined ? 'missing' : `${record.host} ${record.ip ?? '-'} ${record.condition}`;

/** Every hosts file says of every name of its project what the name records say, and no more. */
function hostsFileDifferences(view: ClusterView, host: HostState): readonly string[] {
  const found: string[] = [];
  for (const { instance, name, run } of host.containers) {
    const project = parseInstanceId(instance)?.project;
    if (run.state !== 'running' || project === undefined) continue;
    const placement = view.placements.find((it) => it.instance === instance && it.host === host.id);
    const consumer = { instance, project, host: host.id, links: placement?.links ?? [] };
    const wanted = hostsEntries(consumer, tablesOf(view, project)).flatMap(({ names, addresses }) =>
      names.flatMap((known) => addresses.map((address) => `${address} ${known}`)),
    );
    const there = pairsOf(host.hostsFile(name));
    const missing = wanted.filter((pair) => !there.includes(pair));
    const extra = there.filter((pair) => !wanted.includes(pair));
    if (missing.length > 0) found.push(`the hosts file of ${instance} lacks ${missing.join(', ')}`);
    if (extra.length > 0) found.push(`the hosts file of ${instance} has ${extra.join(', ')}`);
  }
  return found;
}

function tablesOf(
  view: ClusterView,
  project: ProjectName,
): ReadonlyMap<ProjectName, ReturnType<typeof nameTable>> {
  const records = [...view.names.values()].filter((record) => record.project === project);
  return new Map([[project, nameTable(project, records)]]);
}

/** What stands in a file besides the engine's own lines: `10.1.1.2 web`. */
function pairsOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (address === '' || address === '127.0.0.1' || address.includes(':')) return [];
    return names.filter((name) => !isEngineName(name)).map((name) => `${address} ${name}`);
  });
}

/** The engine's own line has the container's short id, unless it has a hostname. */
const isEngineName = (name: string): boolean => /^[0-9a-f]{12}$/.test(name);
