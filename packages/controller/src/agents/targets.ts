import { NapError, parseInstanceId, replicaName, type HostId, type InstanceId } from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { unknownTarget } from './unknown-target.js';

/** An instance with where its container is. */
export interface Target {
  readonly instance: InstanceId;
  readonly project: string;
  readonly service: string;
  readonly index: number;
  readonly host: HostId;
  readonly containerName: string;
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
 * The instances that a word means: `PROJECT`, `SERVICE`, `SERVICE/N`, `PROJECT/SERVICE`, `PROJECT/SERVICE/N`, an id
 * (`PROJECT.SERVICE.N`), a container's name, or, where it is none of these, the name that one goes by in its project
 * (`SERVICE-N`). `project`: the one that services are looked for in. Throws NOT_FOUND, and USAGE for what several projects have.
 */
export function selectTargets(
  view: ClusterView,
  word: string,
  project: string | undefined,
  oneOffs: readonly Target[] = [],
): readonly Target[] {
  const all = allTargets(view);
  const inProject = all.filter((target) => project === undefined || target.project === project);
  const [first = '', second, third] = word.split('/');
  const [service, index, within] = partsOf(first, second, third);
  const among =
    within === undefined ? inProject : all.filter((target) => target.project === within);
  const meanings: readonly (() => readonly Target[])[] = [
    () => [...all, ...oneOffs].filter((it) => it.instance === word || it.containerName === word),
    () =>
      oneProject(
        word,
        among.filter((it) => it.service === service && (index === undefined || it.index === index)),
      ),
    () => (second === undefined ? all.filter((it) => it.project === first) : []),
    () =>
      oneProject(
        word,
        among.filter((it) => index === undefined && replicaName(it) === service),
      ),
  ];
  for (const meaning of meanings) {
    const found = meaning();
    if (found.length > 0) return found;
  }
  throw unknownTarget(word, inProject);
}

/** Service, number and project. */
function partsOf(
  first: string,
  second: string | undefined,
  third: string | undefined,
): readonly [string, number | undefined, string | undefined] {
  const isNumber = (text: string): boolean => /^[1-9]\d*$/.test(text);
  if (second === undefined) return [first, undefined, undefined];
  if (third !== undefined) return [second, isNumber(third) ? Number(third) : -1, first];
  return isNumber(second) ? [first, Number(second), undefined] : [second, undefined, first];
}

function oneProject(word: string, found: readonly Target[]): readonly Target[] {
  const projects = [...new Set(found.map(({ project }) => project))];
  if (projects.length <= 1) return found;
  throw new NapError('USAGE', `${word} is in several projects: ${projects.join(', ')}`, {
    hint: `name one: ${projects[0] ?? ''}/${word}, or with -p`,
  });
}

/** One instance for what can be done with one only: the first that runs. Throws NOT_FOUND, USAGE. */
export function selectTarget(
  view: ClusterView,
  word: string,
  project: string | undefined,
  oneOffs?: readonly Target[],
): Target {
  const targets = selectTargets(view, word, project, oneOffs);
  const target = targets.find(({ isRunning }) => isRunning) ?? targets[0];
  if (target !== undefined) return target;
  throw unknownTarget(word, []);
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
    const where = projectName === undefined ? 'in this cluster' : `in project ${projectName}`;
    throw new NapError('NOT_FOUND', `there is no instance ${where}`, {
      hint: 'nap-controller ls lists the projects, nap-controller ps their instances',
    });
  }
  return [...new Map(found.map((target) => [target.instance, target])).values()];
}
