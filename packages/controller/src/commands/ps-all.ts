import { sayAbsent } from '../agents/absences.js';
import { findOneOffs } from '../agents/one-offs.js';
import { withCluster, type AgentApiFlags } from '../agents/open-cluster.js';
import type { Format } from '../output/format.js';
import { oneOffRow, psRows, renderPsRows } from '../output/ps-view.js';
import { requireProjectName, selectProjects, outList, type CommandContext } from './context.js';

/** Instances from etcd, one-offs from the agents of their hosts; says which of those did not answer. */
export function psAll(
  context: CommandContext,
  flags: AgentApiFlags,
  named: string | undefined,
  format: Format,
): Promise<number> {
  return withCluster(context, flags, async (cluster) => {
    const { oneOffs, absent } = await findOneOffs(cluster, context.signal);
    const own = oneOffs.filter(({ project }) => named === undefined || project === named);
    // What is left of a project that is gone has no other place to be seen.
    const isLeft =
      named !== undefined &&
      own.length > 0 &&
      !cluster.view.projects.has(requireProjectName(named));
    const projects = isLeft ? [requireProjectName(named)] : selectProjects(cluster.view, named);
    const rows = [...psRows(cluster.view, projects), ...own.map(oneOffRow)];
    outList(context, renderPsRows(rows, format, context.clock.nowMs()));
    return sayAbsent(context, absent);
  });
}
