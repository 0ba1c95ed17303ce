import { hostId } from '@nap/shared';
import { systemClock, type Component } from '@nap/shared/runtime';
import { openStore, type Store } from '@nap/shared/store';
import { createAgent, FakeDocker, hollowParts } from '@nap/agent/testing';
import { countedStore, noCounts, type Counts } from './counted-store.js';
import { IMAGE } from './projects.js';

export interface HollowHostOptions {
  readonly endpoints: readonly string[];
  readonly index: number;
  /** Label that projects can be bound to. */
  readonly group: string;
  readonly leaseTtlS: number;
  readonly resyncMs: number;
  /** How many times as long between two probes of etcd as usual. */
  readonly patience?: number;
  readonly onFatal: (err: unknown) => void;
}

/** Many agents share a processor here: an answer waits for its turn longer than it was on its way. */
const CALL_TIMEOUT_MS = 10_000;

export const hostName = (index: number): string => `host-${String(index).padStart(5, '0')}`;

/**
 * A host that is not there: the agent is the real one with clients of etcd of its own (three connections, a lease, its
 * watches), as on a machine of its own; engine, hosts files and disk are in memory.
 */
export class HollowHost {
  readonly name: string;
  readonly engine: FakeDocker;
  readonly counts: Counts = noCounts();
  private readonly store: Store;
  private readonly agent: Component;

  constructor(options: HollowHostOptions) {
    const { endpoints, index, group, leaseTtlS, resyncMs, patience = 1, onFatal } = options;
    this.name = hostName(index);
    const callTimeoutMs = CALL_TIMEOUT_MS * Math.min(patience, 3);
    this.engine = new FakeDocker({
      clock: systemClock,
      prefix: `10.${64 + (index >> 8)}.${index & 255}`,
    });
    this.engine.images.add(IMAGE);
    this.store = openStore({ endpoints, callTimeoutMs, patience });
    this.agent = createAgent(
      hollowParts({
        host: hostId(this.name),
        address: `10.0.${index >> 8}.${index & 255}`,
        machine: `machine-${index}`,
        engine: this.engine,
        settings: { leaseTtlS, resyncMs, labels: { group } },
        store: countedStore(this.store, this.counts),
        clock: systemClock,
        random: Math.random,
        onFatal,
      }),
    );
  }

  start(): Promise<void> {
    return this.agent.start(new AbortController().signal);
  }

  /** Gives the lease back: for the end of a test. */
  async close(): Promise<void> {
    await this.agent.stop();
    await this.store.close();
  }
}
