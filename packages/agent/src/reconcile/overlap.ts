import type { Placement } from '@nap/shared';
import { isRunning, type ObservedContainer } from './observed.js';
import { ownAnonymousVolumes } from './partners.js';

/** The containers of one instance but for the current one. */
export interface Others {
  /** In the way of the current one: they go before it starts. */
  readonly stale: readonly ObservedContainer[];
  /** They run on until the current one is well (`startFirst`). */
  readonly outgoing: readonly ObservedContainer[];
}

/** While it takes over from another host nobody asks the containers here: they need not overlap, and perhaps cannot. */
const isStartFirst = ({ startFirst, takesOverFrom }: Placement): boolean =>
  startFirst !== undefined && takesOverFrom === undefined;

/**
 * Which of the other containers of an instance run on beside its current one. None of them where one has anonymous volumes
 * of its own: their data is handed down, and two programs must not write it at once.
 */
export function splitOthers(
  placement: Placement,
  others: readonly ObservedContainer[],
  all: readonly ObservedContainer[],
): Others {
  const running = others.filter(isRunning);
  const isOverlapping =
    isStartFirst(placement) && running.every((it) => ownAnonymousVolumes(it, all).length === 0);
  if (!isOverlapping) return { stale: others, outgoing: [] };
  return { stale: others.filter((it) => !isRunning(it)), outgoing: running };
}

/**
 * From when on a running container counts as well: once healthy or, without a healthcheck, when it has run for the time
 * that its placement says. Undefined: nobody knows yet. One that was started in the future is well: the clock was set back,
 * and nobody is to wait until it is there again.
 */
export function wellAtMs(
  { startFirst }: Placement,
  { run }: ObservedContainer,
  nowMs: number,
): number | undefined {
  if (run.state !== 'running') return undefined;
  if (run.health !== 'none' && run.health !== 'healthy') return undefined;
  if (run.startedAtMs > nowMs + SAME_MOMENT_MS) return nowMs;
  return run.startedAtMs + (run.health === 'none' ? (startFirst?.readyAfterMs ?? 0) : 0);
}

/** A clock that is only put right a little is waited for. */
const SAME_MOMENT_MS = 1_000;

/** Of two running containers of an instance, whether the first one is what others are told of. */
export function answersBefore(
  placement: Placement | undefined,
  one: ObservedContainer,
  other: ObservedContainer,
): boolean {
  // It is withdrawn when its successor is well.
  if (placement !== undefined && isStartFirst(placement))
    return one.createdAtMs < other.createdAtMs;
  const wanted = placement?.specHash;
  return one.specHash === wanted && other.specHash !== wanted;
}
