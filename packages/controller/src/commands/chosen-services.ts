import {
  NapError,
  parseInstanceId,
  type Project,
  type ProjectName,
  type ServiceSpec,
} from '@nap/shared';
import { didYouMean } from '../did-you-mean.js';
import { projectPlacements, type ClusterView } from '../plan/cluster-view.js';
import type { Chosen } from '../plan/chosen.js';
import { meaningsOf, requireOneProject, type Named } from '../plan/meanings.js';
import { onlyProject, requireProjectName, selectProjects } from './context.js';

/** A project, and what of it is meant. */
export interface ChosenServices {
  readonly name: ProjectName;
  readonly chosen: Chosen;
  /** As an operator would say it: `web, db/2`; of the whole project its name. */
  readonly text: string;
  readonly isWhole: boolean;
}

/** Names that a hint has room for. */
const SHOWN_MAX = 20;

interface ChosenArgs {
  readonly names?: readonly string[] | undefined;
  readonly projectName?: string | undefined;
}

/** A service that is stored, or one of its instances. */
export interface ServiceNamed {
  readonly service: ServiceSpec;
  readonly index?: number;
}

/**
 * What `[PROJECT] [SERVICE…|SERVICE/N…]` means: without a service all of the project. Services of a stored project, whether
 * they run or not, in any of the forms of plan/meanings.ts. Throws NOT_FOUND, saying what there is, and USAGE where a word
 * may mean two things: who changes something has to say which.
 */
export function chosenServices(view: ClusterView, args: ChosenArgs): ChosenServices {
  const { scope, words } = projectFirst(view, args);
  const name = projectOf(view, words, scope);
  const { project } = storedOf(view, name);
  if (words.length === 0) {
    const all = new Map(project.services.map((it) => [it.name, 'all'] as const));
    return { name, chosen: all, text: name, isWhole: true };
  }
  const chosen = new Map<ServiceSpec['name'], 'all' | ReadonlySet<number>>();
  const texts: string[] = [];
  for (const word of words) {
    const { service, index } = serviceNamed(view, project, word);
    const before = chosen.get(service.name) ?? new Set();
    const isAll = before === 'all' || index === undefined;
    chosen.set(service.name, isAll ? 'all' : new Set([...before, index]));
    texts.push(index === undefined ? service.name : `${service.name}/${index}`);
  }
  return { name, chosen, text: texts.join(', '), isWhole: false };
}

/** The stored project. Throws NOT_FOUND. */
export function storedOf(
  view: ClusterView,
  name: ProjectName,
): { readonly project: Project; readonly files: readonly string[] } {
  const stored = view.projects.get(name);
  if (stored !== undefined) return stored;
  selectProjects(view, name);
  throw new NapError('NOT_FOUND', `${name} is not stored: it is being taken down`, {
    hint: 'apply its files',
  });
}

/** The numbers of a service's instances: those of a global one are where it is placed. */
export function indexesOf(view: ClusterView, { name }: Project, service: ServiceSpec): number[] {
  if (service.mode !== 'global') {
    return Array.from({ length: service.replicas }, (_, slot) => slot + 1);
  }
  const indexes = projectPlacements(view, name).flatMap(({ instance }) => {
    const parts = parseInstanceId(instance);
    return parts?.service === service.name ? [parts.index] : [];
  });
  return [...new Set(indexes)].sort((a, b) => a - b);
}

/** Whether the first word is a project. Throws USAGE where it is a service as well. */
function projectFirst(
  view: ClusterView,
  { names = [], projectName }: ChosenArgs,
): { readonly scope: string | undefined; readonly words: readonly string[] } {
  const [first = '', ...rest] = names;
  const found = meaningsOf(view, first, projectName)
    .filter(({ isWhole }) => isWhole)
    .flatMap(({ named }) => named);
  const isProject = found.some(({ service }) => service === undefined);
  const owners = found.filter(({ service }) => service !== undefined);
  if (!isProject || (owners.length > 0 && projectName !== undefined)) {
    return { scope: projectName, words: names };
  }
  const [owner] = owners;
  if (owner === undefined) return { scope: first, words: rest };
  const all = owners.map(({ project }) => project).join(', ');
  throw new NapError('USAGE', `${first} is a project, and a service of ${all}`, {
    hint: `-p ${first} for the project, ${owner.project}/${first} for the service`,
  });
}

/**
 * The project of services, or instances: `only`, the one that a word says, the only one that has one of them, the only one that
 * there is. Throws USAGE, NOT_FOUND.
 */
export function projectOf(
  view: ClusterView,
  words: readonly string[],
  only: string | undefined,
): ProjectName {
  const found = words.map((word) => ofServices(view, word, only)[0] ?? []);
  const projects = found.map((named) => [...new Set(named.map(({ project }) => project))]);
  const said = new Set(projects.flatMap((of) => (of.length === 1 ? of : [])));
  if (only !== undefined) said.add(requireProjectName(only));
  const [project, ...more] = said;
  if (more.length > 0) {
    throw new NapError('USAGE', `of one project at a time: ${[...said].join(', ')}`);
  }
  if (project !== undefined) return project;
  words.forEach((word, at) => requireOneProject(word, found[at] ?? []));
  const [unknown] = words;
  if (unknown !== undefined && view.projects.size > 1) throw unknownService(view, unknown);
  return onlyProject(view);
}

/** The meanings of a word that are stored services, or instances of them. */
function ofServices(
  view: ClusterView,
  word: string,
  only: string | undefined,
): readonly (readonly Named[])[] {
  const isStored = ({ project, service }: Named): boolean =>
    view.projects.get(project)?.project.services.some(({ name }) => name === service) === true;
  return meaningsOf(view, word, only)
    .map(({ named }) => named.filter(isStored))
    .filter(({ length }) => length > 0);
}

/** Throws NOT_FOUND. */
export function serviceNamed(view: ClusterView, project: Project, word: string): ServiceNamed {
  const found = ofServices(view, word, project.name)
    .flat()
    .flatMap(({ project: of, service: name, index }): ServiceNamed[] => {
      const service = project.services.find((it) => it.name === name);
      if (service === undefined || of !== project.name) return [];
      return [{ service, ...(index === undefined ? {} : { index }) }];
    });
  const there = found.find(
    ({ service, index }) =>
      index === undefined || indexesOf(view, project, service).includes(index),
  );
  if (there !== undefined) return there;
  const [gone] = found;
  if (gone === undefined) throw unknownService(view, word, project);
  throw new NapError('NOT_FOUND', `no instance ${word} in project ${project.name}`, {
    hint: instancesText(gone.service.name, indexesOf(view, project, gone.service)),
  });
}

function instancesText(service: string, indexes: readonly number[]): string {
  if (indexes.length === 0) return `${service} has no instances`;
  const names = indexes.map((index) => `${service}/${index}`).slice(0, SHOWN_MAX);
  return `there are: ${names.join(', ')}`;
}

function unknownService(view: ClusterView, word: string, project?: Project): NapError {
  const projects = [...view.projects.values()].map((stored) => stored.project);
  const among = project === undefined ? projects : [project];
  const known = [...new Set(among.flatMap(({ services }) => services.map(({ name }) => name)))];
  const where = project === undefined ? 'in this cluster' : `in project ${project.name}`;
  const stem = word.replace(/\/\d+$/, '').replace(/^.*\//, '');
  return new NapError('NOT_FOUND', `no service ${word} ${where}`, {
    hint: didYouMean(stem, known) ?? `there are: ${known.slice(0, SHOWN_MAX).join(', ')}`,
  });
}
