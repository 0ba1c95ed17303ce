import {
  isServiceName,
  NapError,
  parseInstanceId,
  projectName,
  type ProjectName,
  type ServiceName,
} from '@nap/shared';
import type { ClusterView } from './cluster-view.js';

/** A project, a service of it, or one of that service's instances. */
export interface Named {
  readonly project: ProjectName;
  readonly service?: ServiceName;
  readonly index?: number;
}

/** What is to be listed: all of one project, or of all, or what is named of them. */
export interface Listed {
  readonly project: string | undefined;
  readonly named?: readonly Named[];
}

/** One way to read a word, with all that is called so: services of several projects may be. */
export interface Meaning {
  /** The word is a name; else it is put together: `shop.web`, `web/2`. */
  readonly isWhole: boolean;
  readonly named: readonly Named[];
}

type Known = ReadonlyMap<ProjectName, ReadonlySet<ServiceName>>;
type View = Pick<ClusterView, 'projects' | 'placements' | 'reports'>;

const OF_PROJECT = '/._';
/** With the hyphen of a container's name, which by itself is part of many a service's name. */
const OF_CONTAINER = '/._-';
const NUMBERED = /^(.+)[/._-]([1-9]\d*)$/;

/**
 * All that a word may mean, nearest first: the id of an instance or the name of its container, a service, a project, and
 * what is put together of project, service and number. `only`: the project in which services are looked for; a word that
 * names its project itself is in that one. This is the one place that knows the forms: docs/names-of-instances.md.
 */
export function meaningsOf(view: View, word: string, only: string | undefined): readonly Meaning[] {
  const known = knownServices(view);
  const [, stem = '', number] = NUMBERED.exec(word) ?? [];
  const numbered = (found: readonly Named[]): readonly Named[] =>
    number === undefined ? [] : found.map((it) => ({ ...it, index: Number(number) }));
  const isProject = (project: ProjectName): boolean =>
    project === word && (only === undefined || only === project);
  const whole = [
    calledExactly(view, word, only),
    servicesCalled(known, word, only),
    [...known.keys()].filter(isProject).map((project) => ({ project })),
  ];
  const parts = [
    servicesWithin(known, word, OF_PROJECT),
    numbered(servicesCalled(known, stem, only)),
    numbered(servicesWithin(known, stem, OF_CONTAINER)),
  ];
  return [
    ...whole.map((named) => ({ isWhole: true, named })),
    ...parts.map((named) => ({ isWhole: false, named })),
  ].filter(({ named }) => named.length > 0);
}

/** The names of all projects that are stored, or of which something is left. */
export function projectsIn({ projects, placements, reports }: View): readonly ProjectName[] {
  const instances = [...placements.map((it) => it.instance), ...reports.keys()];
  const left = instances.map((instance) => instance.slice(0, instance.indexOf('.')));
  return [...new Set([...projects.keys(), ...left])].sort().map(projectName);
}

/** Throws NOT_FOUND, naming those that there are. */
export function requireProject(view: View, name: string): ProjectName {
  const known = projectsIn(view);
  const found = known.find((project) => project === name);
  if (found !== undefined) return found;
  throw new NapError('NOT_FOUND', `no project ${name} in this cluster`, {
    hint: known.length === 0 ? 'no project was applied yet' : `there are: ${known.join(', ')}`,
  });
}

/** Those that are stored, and those of which something is left. */
function knownServices({ projects, placements, reports }: View): Known {
  const known = new Map<ProjectName, Set<ServiceName>>();
  for (const [project, stored] of projects) {
    known.set(project, new Set(stored.project.services.map(({ name }) => name)));
  }
  for (const instance of [...placements.map((it) => it.instance), ...reports.keys()]) {
    const parts = parseInstanceId(instance);
    if (parts === undefined) continue;
    const services = known.get(parts.project) ?? new Set<ServiceName>();
    known.set(parts.project, services.add(parts.service));
  }
  return known;
}

/** Two projects may have given a container the same name, on two hosts. */
function calledExactly(
  { placements, reports }: View,
  word: string,
  only: string | undefined,
): readonly Named[] {
  const ids = placements.flatMap(({ instance, spec }) => {
    const isIn = only === undefined || instance.startsWith(`${only}.`);
    return instance === word || (isIn && spec.containerName === word) ? [instance] : [];
  });
  const left = [...reports.keys()].filter((instance) => instance === word);
  return [...new Set([...ids, ...left])].flatMap((id) => parseInstanceId(id) ?? []);
}

function servicesCalled(known: Known, word: string, only: string | undefined): readonly Named[] {
  if (!isServiceName(word)) return [];
  return [...known].flatMap(([project, services]) => {
    const isIn = only === undefined || only === project;
    return isIn && services.has(word) ? [{ project, service: word }] : [];
  });
}

/** A project and a service of it, with one of these characters between them. */
function servicesWithin(known: Known, word: string, between: string): readonly Named[] {
  return [...known].flatMap(([project, services]) => {
    const service = word.slice(project.length + 1);
    const isIn = word.startsWith(project) && between.includes(word.charAt(project.length));
    return isIn && isServiceName(service) && services.has(service) ? [{ project, service }] : [];
  });
}

/** Whether an instance is what is named, or of it. */
export const isOf = (
  { project, service, index }: { project: string; service: string; index: number },
  named: Named,
): boolean =>
  project === named.project &&
  (named.service ?? service) === service &&
  (named.index ?? index) === index;

/** Whether an instance is among those that are named; absent: all are. */
export const isAmong =
  (named: readonly Named[] | undefined) =>
  ({ instance }: { readonly instance: string }): boolean => {
    const parts = parseInstanceId(instance);
    if (named === undefined || parts === undefined) return named === undefined;
    return named.some((it) => isOf(parts, it));
  };

/** Throws USAGE where what a word means is in several projects. */
export function requireOneProject<T extends { readonly project: string }>(
  word: string,
  found: readonly T[],
): readonly T[] {
  const projects = [...new Set(found.map(({ project }) => project))].sort();
  if (projects.length <= 1) return found;
  throw new NapError('USAGE', `${word} is in several projects: ${projects.join(', ')}`, {
    hint: `name one: ${projects[0] ?? ''}/${word}, or with -p`,
  });
}
