import { readStoreOptions, type Clock, type EtcdFlags } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { isHostId, isProjectName, NapError, projectName, type ProjectName } from '@nap/shared';
import type { ClusterView, HostView, InstancesView } from '../plan/cluster-view.js';
import { projectsIn, requireProject } from '../plan/meanings.js';
import { readInstances, readView } from '../rollout/read-view.js';
import { coloursFor, isColoured, type Colours } from '../output/colours.js';
import type { Streams } from '../streams.js';
import type { Terminal } from './live-tree.js';

/** A part of a terminal that is written anew. */
export interface Screen {
  /** As it is now: terminals are resized. */
  readonly size: () => { readonly rows: number; readonly columns: number };
  /** Shows this text in place of the last one. */
  readonly show: (text: string) => void;
  /** Leaves the last text where it is; what is written next goes below it. */
  readonly leave: () => void;
}

/** What a command may touch; made once in main. Data goes to `out`, progress and messages to `err`. */
export interface CommandContext {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** With `--progress json`: one object, which goes where `err` goes. */
  readonly event?: (event: object) => void;
  /** Standard error, to draw on; absent where nothing can be drawn. */
  readonly terminal?: Terminal;
  readonly readStdin: () => Promise<string>;
  /** The standard streams themselves, for what is more than lines: logs, archives, terminals. */
  readonly streams: Streams;
  /** What the command line has for a container, word by word. */
  readonly rest?: readonly string[];
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Standard output for what is shown live; absent when it is no terminal. */
  readonly openScreen?: (() => Promise<Screen>) | undefined;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What goes to `out` is shown on a terminal. */
  readonly isOutTerminal?: boolean;
  /** Who runs this, such as `alice@ops1`. */
  readonly user: string;
  readonly version?: string;
}

/** Prints a list; nothing where it has no line: what counts the lines of it counts what there is. */
export function outList(context: Pick<CommandContext, 'out'>, text: string | undefined): void {
  if (text !== undefined) context.out(text);
}

/** Opens etcd for one command and closes it whatever happens. */
export async function withStore<T>(
  flags: EtcdFlags,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  // The largest library of all: help does without it.
  const { openStore } = await import('@nap/shared/store');
  const store = openStore(await readStoreOptions(flags));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** One consistent view, for a command that reads and prints. */
export async function viewOf(context: CommandContext, flags: EtcdFlags): Promise<ClusterView> {
  const view = await withStore(flags, (store) => readView(store, context.signal));
  for (const sentence of view.unreadable) context.err(`note: ${sentence}`);
  return view;
}

/** The instances of one project, or of all, for a command that shows nothing else. Throws what `selectProjects` throws. */
export async function instancesOf(
  context: CommandContext,
  flags: EtcdFlags,
  named: string | undefined,
): Promise<{ readonly view: InstancesView; readonly projects: readonly ProjectName[] }> {
  const project = named === undefined ? undefined : requireProjectName(named);
  const view = await withStore(flags, (store) => readInstances(store, project, context.signal));
  const hasInstances = view.placements.length > 0 || view.reports.size > 0;
  if (project !== undefined && !hasInstances) {
    // It may be stored all the same; or else it is said which ones there are.
    const all = await viewOf(context, flags);
    return { view: all, projects: selectProjects(all, project) };
  }
  for (const sentence of view.unreadable) context.err(`note: ${sentence}`);
  return { view, projects: selectProjects({ ...view, projects: new Map() }, named) };
}

/** Throws NOT_FOUND, naming the hosts that there are. */
export function requireHost(view: ClusterView, name: string): HostView {
  const host = isHostId(name) ? view.hosts.get(name) : undefined;
  if (host !== undefined) return host;
  const known = [...view.hosts.keys()].join(', ') || 'none; is nap-agent running anywhere?';
  throw new NapError('NOT_FOUND', `no host ${name} in this cluster`, {
    hint: `there are: ${known}`,
  });
}

export function requireProjectName(text: string): ProjectName {
  if (isProjectName(text)) return projectName(text);
  throw new NapError('USAGE', `${JSON.stringify(text)} is no project name`, {
    hint: 'lower case letters, digits, - and _, beginning with a letter or digit',
  });
}

/** The named project, or all. Throws NOT_FOUND when nothing of that name is stored, placed or reported. */
export function selectProjects(
  view: Pick<ClusterView, 'projects' | 'placements' | 'reports'>,
  name: string | undefined,
): readonly ProjectName[] {
  if (name === undefined) return projectsIn(view);
  return [requireProject(view, requireProjectName(name))];
}

/** For a command that shows what comes: what is not there may be a slip, or be applied in a moment. */
export function noteAbsent(
  { err }: CommandContext,
  view: Parameters<typeof selectProjects>[0],
  project: ProjectName,
): void {
  const known = selectProjects(view, undefined);
  if (known.includes(project)) return;
  const others = known.length === 0 ? '' : `; there are: ${known.join(', ')}`;
  err(`note: no project ${project} in this cluster yet${others}`);
}

/** The project that is meant where none is named. Throws USAGE when there are several, NOT_FOUND when there is none. */
export function onlyProject(view: ClusterView): ProjectName {
  const [only, ...others] = [...view.projects.keys()].sort();
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    throw new NapError('NOT_FOUND', 'no project was applied yet', { hint: 'nap-controller apply' });
  }
  throw new NapError('USAGE', 'which project?', {
    hint: `name one with -p: ${[only, ...others].join(', ')}`,
  });
}

/** What is printed to `out` is painted with these. */
export function coloursOfOut(
  context: CommandContext,
  { ansi }: { readonly ansi?: string },
): Colours {
  const { env, isOutTerminal: isTerminal = false } = context;
  return coloursFor(isColoured({ ansi, env, isTerminal }));
}
