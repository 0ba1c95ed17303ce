import type { InstanceId } from '@nap/shared';
import type { NetworkChoice } from '../network/choose-network.js';
import type { ObservedContainer } from '../reconcile/observed.js';

export interface ProblemSources {
  /** Of the engine's event stream. */
  readonly engine: string | undefined;
  readonly network: NetworkChoice | undefined;
  /** Containers that are left alone because nothing proves that they are not wanted. */
  readonly unproven: readonly ObservedContainer[];
  /** Among them those that etcd knew before it was restored from a backup. */
  readonly doubted: ReadonlySet<InstanceId>;
}

/** What is wrong on this host now, as sentences for people. */
export function problemsOf({
  engine,
  network,
  unproven,
  doubted,
}: ProblemSources): readonly string[] {
  return [
    ...[engine, network?.problem, network?.warning].filter((it) => it !== undefined),
    ...unproven.map(({ name, cluster, instance }) =>
      doubted.has(instance)
        ? `etcd was restored from a backup that does not know container ${name}: it is left running; apply its project again, or remove it by hand if it is not wanted`
        : `container ${name} is of cluster ${cluster} and is not placed here: it is left running; remove it by hand if it is not wanted`,
    ),
  ];
}
