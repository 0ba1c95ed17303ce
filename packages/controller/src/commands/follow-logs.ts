import { isNapError, keys, LIMITS, type InstanceId } from '@nap/shared';
import { manyListeners, systemClock } from '@nap/shared/runtime';
import type { Cluster } from '../agents/agents.js';
import type { OpenCluster } from '../agents/open-cluster.js';
import { targetsOf, type Chosen, type Target } from '../agents/targets.js';
import type { LogPrinter } from '../logs/log-printer.js';
import { Place, readLog, type LogSourceParts } from '../logs/log-source.js';
import { FOLLOWING, mergeLogs, type MergeSource } from '../logs/merge-logs.js';
import { withMirrors } from '../rollout/with-mirrors.js';
import type { CommandContext } from './context.js';

interface Following {
  readonly context: CommandContext;
  readonly args: Chosen;
  readonly cluster: Cluster;
  readonly open: OpenCluster;
  /** Those that there are now. */
  readonly targets: readonly Target[];
  readonly printer: LogPrinter;
  readonly parts: Omit<LogSourceParts, 'place'>;
}

/** Between two looks at the cluster, however much changes in it. */
const LOOK_EVERY_MS = 500;
const LOOK_AGAIN_MS = 60_000;

/**
 * Goes on with what comes to be among the instances that were asked for, and says who is gone. Ends when all have ended, or
 * with the signal.
 */
export async function followLogs(following: Following): Promise<void> {
  await new Followed(following).run();
}

class Followed {
  private readonly of: Following;
  /** By the number of the source. */
  private readonly targets: Target[] = [];
  /** How many sources are open of each: two while one container replaces the other. */
  private readonly live = new Map<InstanceId, number>();
  /** An instance that comes back goes on where it was left: its container may still be the same. */
  private readonly places = new Map<InstanceId, Place>();
  private readonly over = manyListeners();
  private hasSaidTooMany = false;

  constructor(following: Following) {
    this.of = following;
  }

  async run(): Promise<void> {
    const { targets, cluster, printer, context } = this.of;
    const signal = context.signal;
    const sources = targets.map((target) => this.open(target, cluster.agents).lines);
    const stop = (): void => {
      this.over.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    const sink = {
      write: printer.write.bind(printer),
      flush: printer.flush.bind(printer),
      get isFull(): boolean {
        return printer.isFull;
      },
      onEnd: (source: number) => {
        this.onEnd(source);
      },
    };
    try {
      await mergeLogs(sources, sink, {
        ...{ patience: FOLLOWING, signal, clock: systemClock, joining: this.joining() },
      });
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
    }
  }

  private open(target: Target, agents: Cluster['agents'], isNew = false): MergeSource {
    const { instance } = target;
    const { parts } = this.of;
    const place =
      (target.spec === undefined ? this.places.get(instance) : undefined) ?? new Place();
    this.places.set(instance, place);
    this.live.set(instance, (this.live.get(instance) ?? 0) + 1);
    // Who comes later is shown from his beginning.
    const wish = isNew ? { ...parts.wish, tail: undefined } : parts.wish;
    const index = this.targets.push(target) - 1;
    const onTrouble: LogSourceParts['onTrouble'] = (at, error) => {
      // Its container is just being made.
      if (!isNew || error.code !== 'NOT_FOUND') parts.onTrouble(at, error);
    };
    return { index, lines: readLog(target, agents, { ...parts, wish, place, onTrouble }) };
  }

  private onEnd(source: number): void {
    const target = this.targets[source];
    if (target === undefined) return;
    const left = (this.live.get(target.instance) ?? 0) - 1;
    if (left > 0) this.live.set(target.instance, left);
    else this.live.delete(target.instance);
    if (this.of.context.signal.aborted) return;
    this.of.context.err(`note: no more of ${target.containerName}: it is gone or has ended`);
  }

  /** etcd's changes are a reason to look; what there is then is what counts. While it is away nobody joins. */
  private async *joining(): AsyncGenerator<MergeSource> {
    const { open, printer } = this.of;
    const found: MergeSource[] = [];
    const { signal } = this.over;
    let wake: () => void = () => undefined;
    const watching = withMirrors(open.store, [keys.placements()], { signal }, async (mirrored) => {
      for (;;) {
        for (const { target, agents } of await this.newcomers()) {
          printer.add(target.containerName);
          found.push(this.open(target, agents, true));
        }
        wake();
        await mirrored.changes.next(LOOK_AGAIN_MS, signal);
        await systemClock.sleep(LOOK_EVERY_MS, signal);
      }
    }).catch((err: unknown) => {
      if (!signal.aborted && !isNapError(err)) throw err;
    });
    signal.addEventListener('abort', () => {
      wake();
    });
    while (!signal.aborted) {
      const next = found.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    await watching;
  }

  private async newcomers(): Promise<
    readonly { readonly target: Target; readonly agents: Cluster['agents'] }[]
  > {
    const { open, args, context } = this.of;
    try {
      const { view, agents } = await open.read();
      const isOver = ({ instance }: Target): boolean =>
        view.reports.get(instance)?.status.state === 'completed' && this.places.has(instance);
      const fresh = targetsOf(view, args).filter(
        (it) => !this.live.has(it.instance) && !isOver(it),
      );
      const room = LIMITS.logStreams - this.live.size;
      if (fresh.length > room && !this.hasSaidTooMany) {
        this.hasSaidTooMany = true;
        context.err(`note: no more than ${LIMITS.logStreams} instances are followed at a time`);
      }
      return fresh.slice(0, Math.max(0, room)).map((target) => ({ target, agents }));
    } catch (err) {
      // Nothing of that name is there now, or etcd is away: there may be something later.
      if (isNapError(err)) return [];
      throw err;
    }
  }
}
