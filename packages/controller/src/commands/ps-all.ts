import { sayAbsent } from '../agents/absences.js';
import { findOneOffs, type FoundOneOff } from '../agents/one-offs.js';
import { withCluster, type AgentApiFlags } from '../agents/open-cluster.js';
import type { Format } from '../output/format.js';
import { oneOffRow, psRows, renderPsRows } from '../output/ps-view.js';
import { isAmong, isOf, type Listed } from '../plan/meanings.js';
import { requireProjectName, selectProjects, outList, type CommandContext } from './context.js';

/** A one-off is none of the numbered instances of its service. */
const NO_INDEX = 0;

/** Instances from etcd, one-offs from the agents of their hosts; says which of those did not answer. */
export function psAll(
  context: CommandContext,
  flags: AgentApiFlags,
  { project: named, named: only }: Listed,
  format: Format,
): Promise<number> {
  return withCluster(context, flags, async (cluster) => {
    const { oneOffs, absent } = await findOneOffs(cluster, context.signal);
    const isOwn = ({ project, container: { oneOff } }: FoundOneOff): boolean =>
      only?.some((it) => isOf({ project, service: oneOff.service, index: NO_INDEX }, it)) ??
      (named === undefined || project === named);
    const own = oneOffs.filter(isOwn);
    // What is left of a project that is gone has no other place to be seen.
    const isLeft =
      named !== undefined &&
      own.length > 0 &&
      !cluster.view.projects.has(requireProjectName(named));
    const projects = isLeft ? [requireProjectName(named)] : selectProjects(cluster.view, named);
    const rows = [...psRows(cluster.view, projects, isAmong(only)), ...own.map(oneOffRow)];
    outList(context, renderPsRows(rows, format, context.clock.nowMs()));
    return sayAbsent(context, absent);
  });
}
