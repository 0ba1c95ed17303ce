import type { Clock } from '../runtime/clock.js';
import { openStore } from '../store/etcd-store.js';
import type { Store } from '../store/store.js';
import { type EtcdCluster, startEtcd } from './etcd-process.js';
import { eventually } from './eventually.js';
import { ManualClock } from './manual-clock.js';
import { MemoryEtcd } from './memory-etcd.js';
import { MemoryStore } from './memory-store.js';
import { MemoryWatches } from './memory-watches.js';
import { seededRandom } from './seeded-random.js';
import { Wire } from './wire.js';
import { KEY_SPACE, WiredStore } from './wired-store.js';

/** One kind of store, with a world of its own for each test. */
export interface StoreBed {
  /** Another client; the test closes it. */
  open(): Store;
  eventually(check: () => boolean | Promise<boolean>, withinMs: number): Promise<void>;
  revoke(leaseId: string): Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  begin(): Promise<void>;
  bed(): StoreBed;
  end(): Promise<void>;
}

class EtcdKind implements StoreKind {
  readonly name = 'etcd';
  private cluster: EtcdCluster | undefined;
  private beds = 0;

  async begin(): Promise<void> {
    this.cluster = await startEtcd();
  }

  async end(): Promise<void> {
    await this.cluster?.close();
  }

  bed(): StoreBed {
    const { cluster } = this;
    if (cluster === undefined) throw new Error('etcd is not started');
    this.beds += 1;
    const root = `/bed-${this.beds}/`;
    return {
      open: () => openStore({ endpoints: cluster.endpoints, root }),
      eventually: async (check, withinMs) => {
        await eventually(check, withinMs + 10_000);
      },
      revoke: async (leaseId) => {
        await cluster.ctl(['lease', 'revoke', leaseId]);
      },
    };
  }
}

class MemoryKind implements StoreKind {
  readonly name: string = 'memory';

  begin(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  bed(): StoreBed {
    const clock = new ManualClock();
    const etcd = new MemoryEtcd(clock);
    return {
      open: this.opener(etcd, clock),
      eventually: async (check, withinMs) => {
        for (let ms = 0; ms <= withinMs; ms += 50) {
          if (await check()) return;
          await clock.advance(50);
        }
        throw new Error(`did not come true within ${withinMs} ms of the manual clock`);
      },
      revoke: (leaseId) => {
        etcd.revoke(leaseId);
        return Promise.resolve();
      },
    };
  }

  protected opener(etcd: MemoryEtcd, _clock: ManualClock): () => Store {
    return () => new MemoryStore({ etcd });
  }
}

/** No time passes by itself here, so that of its latencies only the order of things is left. */
class WiredKind extends MemoryKind {
  override readonly name = 'memory behind a wire';

  protected override opener(etcd: MemoryEtcd, clock: ManualClock): () => Store {
    const watches = new MemoryWatches(etcd, KEY_SPACE);
    const random = seededRandom(1);
    const direct: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      after: (ms, callback) => {
        if (ms > 0) return clock.after(ms, callback);
        queueMicrotask(callback);
        return () => undefined;
      },
    };
    return () => {
      const wire = new Wire({ clock: direct, latencyMs: () => 0 });
      return new WiredStore({ etcd, watches, wire, clock, random });
    };
  }
}

/** Every contract of the port is run against both, which keeps the fake honest. */
export const storeKinds: readonly StoreKind[] = [new MemoryKind(), new WiredKind(), new EtcdKind()];
