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
import { onlyProject, requireProjectName, selectProjects } from './context.js';

/** A project, and what of it is meant. */
export interface ChosenServices {
  readonly name: ProjectName;
  readonly chosen: Chosen;
  /** As the operator said it, or would: `web, db/2`; of the whole project its name. */
  readonly text: string;
}

interface ChosenArgs {
  readonly names?: readonly string[] | undefined;
  readonly projectName?: string | undefined;
}

/**
 * What `[PROJECT] [SERVICE…|SERVICE/N…]` means: without a service all of the project. Services of a stored project, whether
 * they run or not; a service may have its project before it, as `shop/web`, and an instance be called as others reach it, as
 * `web-2`. Throws NOT_FOUND, saying what there is, and USAGE where a word may mean two things.
 */
export function chosenServices(view: ClusterView, args: ChosenArgs): ChosenServices {
  const { name, words } = projectAndWords(view, args);
  const { project } = storedOf(view, name);
  if (words.length === 0) {
    const chosen = new Map(project.services.map((it) => [it.name, 'all'] as const));
    return { name, chosen, text: name };
  }
  const chosen = new Map<ServiceSpec['name'], 'all' | ReadonlySet<number>>();
  for (const word of words) {
    const [service, index] = serviceOf(view, project, word);
    const before = chosen.get(service.name) ?? new Set();
    const isAll = before === 'all' || index === undefined;
    chosen.set(service.name, isAll ? 'all' : new Set([...before, index]));
  }
  return { name, chosen, text: words.join(', ') };
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

function projectAndWords(
  view: ClusterView,
  { names = [], projectName }: ChosenArgs,
): { readonly name: ProjectName; readonly words: readonly string[] } {
  const inProject = names.map((word) => withoutProject(view, word));
  const said = new Set(inProject.flatMap(({ project }) => project ?? []));
  if (projectName !== undefined) said.add(requireProjectName(projectName));
  const [only, ...more] = said;
  if (more.length > 0) {
    throw new NapError('USAGE', `of one project at a time: ${[...said].join(', ')}`);
  }
  const words = inProject.map(({ word }) => word);
  if (only !== undefined) return { name: only, words };
  const [first, ...rest] = names;
  const named = [...view.projects.keys()].find((it) => it === first);
  if (named === undefined) return { name: ownerOf(view, words), words };
  const owners = ownersOf(view, first);
  if (owners.length === 0) return { name: named, words: rest };
  throw new NapError('USAGE', `${named} is a project, and a service of ${owners.join(', ')}`, {
    hint: `-p ${named} for the project, ${owners[0] ?? ''}/${named} for the service`,
  });
}

/** `shop/web` and `shop/web/2` say which project; `web/2` does not. */
function withoutProject(
  view: ClusterView,
  word: string,
): { readonly word: string; readonly project?: ProjectName } {
  const [first = '', ...rest] = word.split('/');
  const project = [...view.projects.keys()].find((it) => it === first);
  const isIndex = rest.length === 1 && /^\d+$/.test(rest[0] ?? '');
  if (project === undefined || rest.length === 0 || isIndex) return { word };
  return { word: rest.join('/'), project };
}

const ownersOf = (view: ClusterView, service: string | undefined): readonly ProjectName[] =>
  [...view.projects.values()].flatMap(({ project }) =>
    project.services.some(({ name }) => name === service) ? [project.name] : [],
  );

/** The project where none is named: the only one that there is, or the only one that has the first of these services. */
function ownerOf(view: ClusterView, words: readonly string[]): ProjectName {
  const [first] = words;
  const owners = first === undefined ? [] : ownersOf(view, first.split('/')[0]);
  const [owner, ...others] = owners;
  if (owner === undefined) return onlyProject(view);
  if (others.length === 0) return owner;
  throw new NapError(
    'USAGE',
    `${first ?? ''} is a service of several projects: ${owners.join(', ')}`,
    {
      hint: `name one: ${owner}/${first ?? ''}, or with -p`,
    },
  );
}

function serviceOf(
  view: ClusterView,
  project: Project,
  word: string,
): readonly [ServiceSpec, number | undefined] {
  const [name = '', number, ...more] = word.split('/');
  const service = project.services.find((it) => it.name === name);
  if (service === undefined || more.length > 0) {
    const known = project.services.map((it) => it.name);
    const [, stem, own] = /^(.+)-([1-9]\d*)$/.exec(word) ?? [];
    const isReplica = known.some((it) => it === stem);
    if (isReplica) return serviceOf(view, project, `${stem ?? ''}/${own ?? ''}`);
    throw new NapError('NOT_FOUND', `no service ${word} in project ${project.name}`, {
      hint: didYouMean(name, known) ?? `there are: ${known.join(', ')}`,
    });
  }
  if (number === undefined) return [service, undefined];
  const indexes = indexesOf(view, project, service);
  if (/^[1-9]\d*$/.test(number) && indexes.includes(Number(number))) {
    return [service, Number(number)];
  }
  throw new NapError('NOT_FOUND', `no instance ${word} in project ${project.name}`, {
    hint:
      indexes.length === 0
        ? `${name} has no instances`
        : `there are: ${indexes
            .map((index) => `${name}/${index}`)
            .slice(0, 20)
            .join(', ')}`,
  });
}
