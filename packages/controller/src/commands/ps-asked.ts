import { isProjectName, keys, projectName } from '@nap/shared';
import type { EtcdFlags } from '@nap/shared/runtime';
import { allTargets, type Chosen } from '../agents/targets.js';
import { unknownTarget } from '../agents/unknown-target.js';
import type { ClusterView } from '../plan/cluster-view.js';
import {
  isOf,
  meaningsOf,
  requireOneProject,
  requireProject,
  type Listed,
  type Named,
} from '../plan/meanings.js';
import { viewOf, withStore, type CommandContext } from './context.js';

/** Of the words that `ps` is given. One that is a project, or may become one, is that. Throws NOT_FOUND, USAGE. */
export async function psAsked(
  context: CommandContext,
  flags: EtcdFlags,
  { names = [], projectName: only }: Chosen,
): Promise<Listed> {
  const [first, ...more] = names;
  if (first === undefined) return { project: only };
  const isAlone = more.length === 0 && only === undefined && isProjectName(first);
  // Most often, and at once: the instances of one project are less than the cluster.
  if (isAlone && (await hasProject(context, flags, first))) return { project: first };
  const view = await viewOf(context, flags);
  if (isAlone && isNoInstance(view, first)) return { project: first };
  return { project: undefined, named: names.flatMap((word) => namedBy(view, word, only)) };
}

function hasProject(context: CommandContext, flags: EtcdFlags, name: string): Promise<boolean> {
  const project = projectName(name);
  const prefixes = [keys.project(project), keys.projectReports(project)];
  return withStore(flags, async (store) => (await store.keys(prefixes, context.signal)).length > 0);
}

const isNoInstance = (view: ClusterView, word: string): boolean =>
  meaningsOf(view, word, undefined).every(({ named }) =>
    named.every(({ service }) => service === undefined),
  );

/** The nearest of what a word means. Throws NOT_FOUND; USAGE where several projects have it. */
export function namedBy(
  view: ClusterView,
  word: string,
  only: string | undefined,
): readonly Named[] {
  const all = allTargets(view);
  const isThere = ({ index, ...of }: Named): boolean =>
    index === undefined || all.some((target) => isOf(target, { ...of, index }));
  for (const { named } of meaningsOf(view, word, only)) {
    const found = named.filter(isThere);
    if (found.length > 0) return requireOneProject(word, found);
  }
  if (only !== undefined) requireProject(view, only);
  throw unknownTarget(
    word,
    all.filter(({ project }) => only === undefined || project === only),
  );
}
