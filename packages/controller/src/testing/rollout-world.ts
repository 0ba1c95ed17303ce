import { keys, nameRecordCodec, parseInstanceId, type Placement } from '@nap/shared';
import type { RolloutConfig, ServiceSpec } from '@nap/shared';
import type { Plan } from '../plan/change.js';
import type { Paced, PaceOptions } from '../plan/pace.js';
import { planPaced } from '../plan/plan-paced.js';
import { planProject } from '../plan/plan-project.js';
import { changeText } from '../plan/plan-text.js';
import { WellSince } from '../plan/well-since.js';
import { containerOf, FakeCluster, project, service } from './builders.js';

export type Version = 'good' | 'better' | 'bad';

export const web = (
  version: Version,
  update: RolloutConfig = {},
  more: Partial<ServiceSpec> = {},
): ServiceSpec =>
  service('web', {
    replicas: 3,
    container: containerOf({ environment: { V: version } }),
    ...(Object.keys(update).length === 0 ? {} : { update }),
    ...more,
  });

/** A cluster whose agents do at once what is wanted; programs of a bad version fail. */
export class World {
  readonly cluster = new FakeCluster('a', 'b', 'c');
  nowMs = 1_000_000;
  #wellSince = new WellSince();
  /** Instances that the agents leave alone. */
  readonly slow = new Set<string>();

  get versions(): string {
    return this.cluster.view.placements
      .map(({ instance, spec }) => `${parseInstanceId(instance)?.service}=${spec.environment['V']}`)
      .join(' ');
  }

  get unwell(): number {
    const { view } = this.cluster;
    return view.placements.filter(({ instance, specHash }) => {
      const report = view.reports.get(instance);
      return report?.specHash !== specHash || report.status.state !== 'running';
    }).length;
  }

  plan(...services: readonly ServiceSpec[]): Plan {
    const { view } = this.cluster;
    const stored = [...view.projects.values()][0];
    return planProject(view, services.length === 0 ? stored!.project : project(...services), {
      ...{ appliedBy: 'alice', files: [], nowMs: this.nowMs },
    });
  }

  turn(asked: Partial<PaceOptions> = {}, ...services: readonly ServiceSpec[]): Paced {
    const paced = planPaced(this.cluster.view, this.plan(...services), {
      ...asked,
      ...{ by: 'nap', nowMs: this.nowMs, monotonicMs: this.nowMs, wellSince: this.#wellSince },
    });
    this.#wellSince = paced.wellSince;
    this.cluster.commit(paced.plan);
    return paced;
  }

  apply(...services: readonly ServiceSpec[]): Paced {
    return this.turn({ resumes: true }, ...services);
  }

  agents(): void {
    for (const placement of this.cluster.view.placements) {
      if (!this.slow.has(placement.instance)) this.#carryOut(placement);
    }
  }

  #carryOut(placement: Placement): void {
    const { instance, host, spec, specHash } = placement;
    const before = this.cluster.view.reports.get(instance);
    if (before?.specHash === specHash && before.status.state === 'running') return;
    const isBad = spec.environment['V'] === 'bad';
    if (isBad) {
      this.cluster.report(placement, { state: 'failed', cause: 'exited', attempts: 1 });
      this.cluster.entries.delete(keys.name(instance));
      return;
    }
    this.cluster.report(placement, {
      ...{ state: 'running', health: 'none', startedAtMs: this.nowMs },
    });
    this.cluster.entries.set(
      keys.name(instance),
      nameRecordCodec.encode({
        ...{ instance, host, specHash, ip: '10.0.0.9', containerName: spec.containerName },
        ...{ aliases: [], condition: 'ready', ...parseInstanceId(instance)! },
      }),
    );
  }

  /** Until nothing is to be done any more; returns what was. */
  run(rounds = 50): readonly string[] {
    const done: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      this.agents();
      const { plan, wakeInMs } = this.turn();
      done.push(...plan.changes.map(changeText));
      if (plan.changes.length === 0 && wakeInMs === undefined) return done;
      this.nowMs += wakeInMs ?? 10;
    }
    throw new Error(`no end: ${done.slice(-3).join('; ')}`);
  }
}

export const recreated = (paced: Paced): number =>
  paced.plan.changes.filter((it) => it.kind === 'update' && it.recreates).length;

export function running(...services: readonly ServiceSpec[]): World {
  const world = new World();
  world.apply(...services);
  world.run();
  return world;
}
