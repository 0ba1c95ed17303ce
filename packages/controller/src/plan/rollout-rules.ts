import type { Project, RolloutConfig, ServiceSpec } from '@nap/shared';

/**
 * How long a new container is watched, and must run where it has no healthcheck, unless the file says otherwise, in ms: a
 * program that ends at once has run too.
 */
export const DEFAULT_MONITOR_MS = 1_000;

/** How instances of a service are replaced: what the file says, and the defaults of Swarm for the rest. */
export interface RolloutRules {
  /** Infinity: all at once. */
  readonly parallelism: number;
  readonly delayMs: number;
  readonly monitorMs: number;
  readonly failureAction: NonNullable<RolloutConfig['failureAction']>;
  readonly maxFailureRatio: number;
}

export function rulesOf(service: ServiceSpec, isRollback: boolean): RolloutRules {
  const config = (isRollback ? service.rollback : service.update) ?? {};
  const { parallelism = 1, failureAction = 'pause' } = config;
  return {
    parallelism: parallelism === 0 ? Infinity : parallelism,
    delayMs: config.delayMs ?? 0,
    monitorMs: config.monitorMs ?? DEFAULT_MONITOR_MS,
    // What brings back the last good revision has nothing to go back to.
    failureAction: isRollback && failureAction === 'rollback' ? 'pause' : failureAction,
    maxFailureRatio: config.maxFailureRatio ?? 0,
  };
}

/** What brings no other spec has nothing to go back to: the revision before says the same. */
export function withoutWayBack(rules: RolloutRules): RolloutRules {
  return rules.failureAction === 'rollback' ? { ...rules, failureAction: 'pause' } : rules;
}

/** How instances are restarted in place: as they are replaced, unless the request says otherwise. */
export function restartRules(rules: RolloutRules, { restarts }: ServiceSpec): RolloutRules {
  const { parallelism } = restarts ?? {};
  if (parallelism === undefined) return rules;
  return { ...rules, parallelism: parallelism === 0 ? Infinity : parallelism };
}

/** The container of which a new one runs beside the old one for a while; undefined: the old one goes first. */
export function startFirstOf(
  project: Project,
  service: ServiceSpec,
  isRollback: boolean,
): { readonly readyAfterMs: number } | undefined {
  const { update, rollback } = service;
  // Whoever wants no gap when it goes forward wants none when it goes back.
  const order = isRollback ? (rollback?.order ?? update?.order) : update?.order;
  if (order !== 'start-first' || whyNotTwice(project, service, 'host') !== undefined) {
    return undefined;
  }
  return { readyAfterMs: rulesOf(service, isRollback).monitorMs };
}

/**
 * Why two containers of one instance cannot run at the same time, on one host or in one cluster; undefined: they can. What
 * is tied to a partner follows it, so both would have to.
 */
export function whyNotTwice(
  project: Project,
  { name, container, scheduling }: ServiceSpec,
  where: 'host' | 'cluster',
): string | undefined {
  const policy = scheduling?.onPartition ?? project.scheduling?.onPartition;
  if (typeof policy === 'object') return 'on_partition says that it never runs twice';
  if (sharesWith(container).length > 0) return 'it shares the container of another service';
  if (project.services.some((other) => sharesWith(other.container).includes(name))) {
    return 'another service shares its container';
  }
  if (where === 'cluster') return undefined;
  if (container.network === 'host') return 'it is on the network of its host';
  if (container.macAddress !== undefined) return 'it has a mac_address';
  return container.ports.some(({ published }) => published !== undefined)
    ? 'it publishes ports'
    : undefined;
}

function sharesWith({
  network,
  ipc,
  pid,
  volumesFrom = [],
}: ServiceSpec['container']): readonly ServiceSpec['name'][] {
  return [network, ipc, pid, ...volumesFrom].flatMap((it) =>
    typeof it === 'object' ? [it.service] : [],
  );
}

/** Services whose file asks for start-first in vain, and those whose data two containers have at once. */
export function startFirstNotes(project: Project): readonly string[] {
  return project.services.flatMap((service) => {
    if (service.update?.order !== 'start-first') return [];
    const obstacle = whyNotTwice(project, service, 'host');
    if (obstacle !== undefined) {
      return [
        `${service.name} is replaced stop-first although the file says start-first: ${obstacle}`,
      ];
    }
    const shared = service.container.mounts.flatMap((mount) =>
      mount.type === 'volume' && mount.name !== undefined && mount.readOnly !== true
        ? [mount.name]
        : [],
    );
    return shared.length === 0
      ? []
      : [
          `the old and the new container of ${service.name} write to ${shared.join(', ')} at the same time for a while: start-first`,
        ];
  });
}
