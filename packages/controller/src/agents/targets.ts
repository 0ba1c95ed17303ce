import {
  NapError,
  parseInstanceId,
  type HostId,
  type InstanceId,
  type SpecHash,
} from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { isOf, meaningsOf, requireOneProject, requireProject } from '../plan/meanings.js';
import { unknownTarget } from './unknown-target.js';

/** An instance with where its container is. */
export interface Target {
  readonly instance: InstanceId;
  readonly project: string;
  readonly service: string;
  readonly index: number;
  readonly host: HostId;
  readonly containerName: string;
  /** Of the one container that is meant, while another replaces it. Absent: of whichever runs. */
  readonly spec?: SpecHash;
  /** As its agent has last reported. */
  readonly isRunning: boolean;
}

/** All that there are, in the order of their names. */
export function allTargets(view: ClusterView): readonly Target[] {
  const placed = view.placements.map(({ instance, host, spec }) => ({
    ...{ instance, host, containerName: spec.containerName },
  }));
  const known = new Set<string>(placed.map(({ instance }) => instance));
  // On their way out: no longer placed, not yet gone.
  const leaving = [...view.reports.values()]
    .filter(({ instance, status }) => !known.has(instance) && status.state !== 'removed')
    .map(({ instance, host }) => ({ instance, host, containerName: instance }));
  return [...placed, ...leaving]
    .flatMap((it) => {
      const parts = parseInstanceId(it.instance);
      if (parts === undefined) return [];
      const report = view.reports.get(it.instance);
      const isRunning = report?.host === it.host && report.status.state === 'running';
      return { ...it, ...parts, isRunning };
    })
    .sort(byName);
}

const byName = (a: Target, b: Target): number =>
  a.project.localeCompare(b.project) || a.service.localeCompare(b.service) || a.index - b.index;

/**
 * The instances that a word means, in any of the forms of plan/meanings.ts; the nearest meaning of which there are any. Also
 * a one-off, by its id or the name of its container. `project`: the one that services are looked for in. Throws NOT_FOUND,
 * and USAGE for what several projects have.
 */
export function selectTargets(
  view: ClusterView,
  word: string,
  project: string | undefined,
  oneOffs: readonly Target[] = [],
): readonly Target[] {
  const own = oneOffs.filter((it) => it.instance === word || it.containerName === word);
  if (own.length > 0) return own;
  const all = allTargets(view);
  for (const { named } of meaningsOf(view, word, project)) {
    const found = all.filter((target) => named.some((it) => isOf(target, it)));
    if (found.length > 0) return requireOneProject(word, found);
  }
  // Of a slip in the name of the project nothing else is to be said.
  if (project !== undefined) requireProject(view, project);
  throw unknownTarget(
    word,
    all.filter((target) => project === undefined || target.project === project),
  );
}

/** One instance of a service for what can be done with one only: the first that runs. Throws NOT_FOUND, USAGE. */
export function selectTarget(
  view: ClusterView,
  word: string,
  project: string | undefined,
  oneOffs?: readonly Target[],
): Target {
  const targets = requireOneService(word, selectTargets(view, word, project, oneOffs));
  const target = targets.find(({ isRunning }) => isRunning) ?? targets[0];
  if (target !== undefined) return target;
  throw unknownTarget(word, []);
}

/** Which service of a project runs first is nothing that anybody means. */
function requireOneService(word: string, targets: readonly Target[]): readonly Target[] {
  const paths = [...new Set(targets.map((it) => `${it.project}/${it.service}`))];
  if (paths.length <= 1) return targets;
  throw new NapError('USAGE', `${word} is a project of several services`, {
    hint: `name one of them: ${paths[0] ?? ''}`,
  });
}

export interface Chosen {
  readonly names?: readonly string[] | undefined;
  readonly projectName?: string | undefined;
}

/** What a command is about: what is named, the project, or all; each instance once. Throws NOT_FOUND, USAGE. */
export function targetsOf(
  view: ClusterView,
  { names = [], projectName }: Chosen,
  oneOffs?: readonly Target[],
): readonly Target[] {
  const named = names.flatMap((word) => selectTargets(view, word, projectName, oneOffs));
  const found =
    names.length > 0
      ? named
      : allTargets(view).filter(
          ({ project }) => projectName === undefined || project === projectName,
        );
  if (found.length === 0) {
    if (projectName !== undefined) requireProject(view, projectName);
    const where = projectName === undefined ? 'in this cluster' : `in project ${projectName}`;
    throw new NapError('NOT_FOUND', `there is no instance ${where}`, {
      hint: 'nap-controller ls lists the projects, nap-controller ps their instances',
    });
  }
  return [...new Map(found.map((target) => [target.instance, target])).values()];
}

/**
 * Those that run, for what only a program that runs can be asked. Whoever names some is told which of them do not; where none
 * does this throws DOCKER_CONFLICT, as the engine does of a container. Of all that there are, those that run are the answer.
 */
export function runningOf(
  targets: readonly Target[],
  names: readonly string[] | undefined,
  err: (text: string) => void,
): readonly Target[] {
  const running = targets.filter(({ isRunning }) => isRunning);
  if (names === undefined || names.length === 0) return running;
  const others = targets.filter(({ isRunning }) => !isRunning);
  if (running.length === 0) throw notRunning(others);
  for (const { instance } of others) err(`note: ${instance} is not running`);
  return running;
}

export function notRunning(targets: readonly Pick<Target, 'instance' | 'project'>[]): NapError {
  const [only, ...others] = targets;
  const what =
    others.length === 0
      ? `${only?.instance ?? ''} is not running`
      : `none of these ${targets.length} instances is running`;
  return new NapError('DOCKER_CONFLICT', what, {
    hint: `nap-controller ps --all ${only?.project ?? ''} says how it is`,
  });
}
