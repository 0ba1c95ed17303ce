import { NapError, type ProjectName } from '@nap/shared';
import { sayAbsent } from '../agents/absences.js';
import { findOneOffs, type FoundOneOff } from '../agents/one-offs.js';
import { withCluster, type AgentApiFlags } from '../agents/open-cluster.js';
import { namesTogether } from '../output/together.js';
import type { CommandContext } from './context.js';

const LOOK_EVERY_MS = 500;

/**
 * Waits until nothing is left of what was started with `run`: agents end it once they see that its project is gone. Hosts
 * that do not answer are named, and not waited for. Throws NOT_CONVERGED.
 */
export async function awaitNoOneOffs(
  context: CommandContext,
  project: ProjectName,
  args: AgentApiFlags & { readonly timeout: number },
): Promise<void> {
  const { clock, signal } = context;
  await withCluster(context, args, async (cluster) => {
    const untilMs = clock.monotonicMs() + args.timeout * 1000;
    let hasSaid = false;
    for (;;) {
      const { oneOffs, absent } = await findOneOffs(cluster, signal);
      const left = oneOffs.filter((it) => it.project === project);
      if (left.length === 0) {
        // An agent without an API starts none.
        sayAbsent(
          context,
          absent.filter(({ host }) => cluster.agents.has(host)),
        );
        return;
      }
      if (clock.monotonicMs() >= untilMs) throw stillThere(project, left, args.timeout);
      if (!hasSaid) context.err(`waits for ${namesOf(left)}, started with run, to be stopped`);
      hasSaid = true;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  });
}

const namesOf = (found: readonly FoundOneOff[]): string =>
  namesTogether(found.map(({ host, container }) => `${container.name} on ${host}`));

function stillThere(
  project: ProjectName,
  left: readonly FoundOneOff[],
  timeoutS: number,
): NapError {
  return new NapError(
    'NOT_CONVERGED',
    `${namesOf(left)} of ${project} was not stopped within ${timeoutS} s`,
    { hint: 'its agent goes on; nap-controller ps --all shows it, and kill ends it at once' },
  );
}
