import type { Project, RestartsSpec, ServiceSpec } from '@nap/shared';
import { withChosen, type Chosen } from './chosen.js';

export interface RestartRequest {
  readonly atMs: number;
  readonly parallelism?: number | undefined;
  readonly graceMs?: number | undefined;
}

/** The project with the chosen instances to be restarted; those that are stopped are started. */
export function withRestarts(
  project: Project,
  chosen: Chosen,
  { atMs, parallelism, graceMs }: RestartRequest,
): Project {
  return withChosen(project, chosen, (service, which) => {
    const asked: RestartsSpec = {
      ...(which === 'all'
        ? { allAtMs: atMs }
        : { oneAtMs: Object.fromEntries([...which].map((index) => [String(index), atMs])) }),
      ...(parallelism === undefined ? {} : { parallelism }),
      ...(graceMs === undefined ? {} : { graceMs }),
    };
    return { ...service, restarts: newerRestarts(service.restarts, asked) ?? asked };
  });
}

/** When something of the service was last asked to be restarted; 0: never. */
export function lastRestartMs({ restarts }: Pick<ServiceSpec, 'restarts'>): number {
  const { allAtMs = 0, oneAtMs = {} } = restarts ?? {};
  return Math.max(allAtMs, ...Object.values(oneAtMs));
}

/** Requests never go back, whatever file or revision is applied: what has served one would be restarted for it once more. */
export function newerRestarts(
  a: RestartsSpec | undefined,
  b: RestartsSpec | undefined,
): RestartsSpec | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const allAtMs = Math.max(a.allAtMs ?? 0, b.allAtMs ?? 0);
  const indexes = [...Object.keys(a.oneAtMs ?? {}), ...Object.keys(b.oneAtMs ?? {})].sort();
  const ones = indexes
    .map((index): [string, number] => [
      index,
      Math.max(a.oneAtMs?.[index] ?? 0, b.oneAtMs?.[index] ?? 0),
    ])
    .filter(([, atMs]) => atMs > allAtMs);
  const { parallelism, graceMs } =
    lastRestartMs({ restarts: b }) >= lastRestartMs({ restarts: a }) ? b : a;
  return {
    ...(allAtMs === 0 ? {} : { allAtMs }),
    ...(ones.length === 0 ? {} : { oneAtMs: Object.fromEntries(ones) }),
    ...(parallelism === undefined ? {} : { parallelism }),
    ...(graceMs === undefined ? {} : { graceMs }),
  };
}

/** When the instance of that number was last asked to be restarted; undefined: never. */
export function restartAskedAtMs(
  restarts: RestartsSpec | undefined,
  index: number,
): number | undefined {
  const { allAtMs = 0, oneAtMs = {} } = restarts ?? {};
  const askedAtMs = Math.max(allAtMs, oneAtMs[String(index)] ?? 0);
  return askedAtMs === 0 ? undefined : askedAtMs;
}
