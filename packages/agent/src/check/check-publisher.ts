import { hostCheckCodec, keys, type HostCheck, type HostId } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { HostsOutcome } from '../hosts-file/hosts-writer.js';

export interface CheckPublisherParts {
  readonly host: HostId;
  readonly store: Pick<Store, 'commit'>;
  readonly clock: Clock;
  /** An unchanged check is written again after this long: it says that somebody has looked. */
  readonly refreshMs: number;
}

/** Tells what was last verified on this host: on change, and now and then. */
export class CheckPublisher {
  private readonly parts: CheckPublisherParts;
  private last: { readonly text: string; readonly atMs: number } | undefined;

  constructor(parts: CheckPublisherParts) {
    this.parts = parts;
  }

  /** The next check is written even if it says nothing new. */
  forget(): void {
    this.last = undefined;
  }

  async publish(outcome: HostsOutcome, problems: readonly string[]): Promise<void> {
    const { host, store, clock, refreshMs } = this.parts;
    const said: Omit<HostCheck, 'atMs'> = {
      projects: outcome.projects(),
      problems: [...problems, ...outcome.problems],
    };
    const text = JSON.stringify(said);
    const atMs = clock.monotonicMs();
    const isNew = this.last?.text !== text || atMs - this.last.atMs >= refreshMs;
    if (!isNew) return;
    const value = hostCheckCodec.encode({ ...said, atMs: clock.nowMs() });
    await store.commit([{ kind: 'put', key: keys.check(host), value }]);
    this.last = { text, atMs };
  }
}
