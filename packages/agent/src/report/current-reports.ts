import type { Report } from '@nap/shared';
import type { Runner } from '../execute/runner.js';
import type { InstancePass } from '../instance-pass.js';
import { reportOf } from '../reconcile/report-of.js';
import type { World } from '../world.js';

export interface ReportSources {
  readonly world: World;
  readonly instances: Pick<InstancePass, 'situationOf'>;
  readonly runner: Pick<Runner, 'stepOf'>;
}

/** What there is to say now of the instances of this host. */
export function currentReports(
  { world, instances, runner }: ReportSources,
  nowMs: number,
): readonly Report[] {
  const { host, placements } = world.parts;
  return [...placements.current().placements.values()].flatMap((placement) => {
    const { instance, wanted, yieldsTo } = placement;
    // The host that it yields to has the word, once it runs there.
    if (yieldsTo !== undefined && wanted === 'running') return [];
    const report = reportOf({
      ...{ host, placement, nowMs },
      memory: world.memory.get(instance),
      situation: instances.situationOf(placement),
      step: runner.stepOf(instance),
    });
    return report ?? [];
  });
}
