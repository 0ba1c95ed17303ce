import { keys, NapError } from '@nap/shared';
import { withDeadline, type Clock } from '@nap/shared/runtime';
import type { Leadership, Store } from '@nap/shared/store';

export interface LeadOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Who we are, for the operator who waits behind us. */
  readonly identity: string;
  /** How long to wait for another controller that is at work, in ms. */
  readonly waitMs: number;
  readonly onWaiting: (leader: string) => void;
  readonly signal: AbortSignal;
}

/** Seconds that a controller that vanished in the middle of its work keeps the others waiting. */
const LEASE_TTL_S = 10;

/**
 * Runs `work` while this process is the only controller that may write placements, and gives the leadership back. Throws
 * CONFLICT when another controller holds it for longer than `waitMs`.
 */
export async function lead<T>(
  options: LeadOptions,
  work: (leadership: Leadership) => Promise<T>,
): Promise<T> {
  const { store, identity, signal } = options;
  const session = await store.session({ ttlS: LEASE_TTL_S }, signal);
  const leadership = store.leadership({ key: keys.leader(), identity, session });
  try {
    await waitForLeadership(leadership, options);
    return await work(leadership);
  } finally {
    await leadership.close();
    await session.close();
  }
}

async function waitForLeadership(leadership: Leadership, options: LeadOptions): Promise<void> {
  let announced: string | undefined;
  const stop = leadership.onChange(() => {
    const { leader } = leadership;
    if (leadership.isLeader() || leader === undefined || leader === announced) return;
    announced = leader;
    options.onWaiting(leader);
  });
  const onPassed = (cause: unknown): NapError =>
    new NapError(
      'CONFLICT',
      `another nap-controller is at work: ${leadership.leader ?? 'unknown'}`,
      {
        hint: 'wait until it is done and run the command again; if it died, its lease ends within 10 s',
        cause,
      },
    );
  try {
    await withDeadline(
      { ms: options.waitMs, parent: options.signal, clock: options.clock, onPassed },
      (signal) => leadership.whenLeading(signal),
    );
  } finally {
    stop();
  }
}
