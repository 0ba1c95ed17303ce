import { silentLog } from '../runtime/log.js';
import { HeldWatches, ManualClock, MEMORY_CLUSTER, MemoryEtcd } from '../testing/index.js';
import { STORE_LIMITS } from './limits.js';
import { EtcdMirror } from './mirror.js';
import { Patience } from './patience.js';
import { Tokens } from './tokens.js';

/** How fresh a mirror is, on a wire that holds what it carries. */

class Bed {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly wire = new HeldWatches(this.etcd);
  /** Each call back: whether it was fresh then. */
  readonly told: boolean[] = [];
  readonly mirror = new EtcdMirror('a/', {
    rpc: {
      list: (prefixes) =>
        Promise.resolve({
          ...this.etcd.list(prefixes),
          ...{ clusterId: MEMORY_CLUSTER, askedAtMs: this.clock.monotonicMs() },
        }),
    },
    links: {
      endpoints: ['wire'],
      acquire: () => ({
        link: { endpoint: 'wire', etcd: this.wire.client } as never,
        release: () => undefined,
        fail: () => undefined,
      }),
    },
    ...{ keySpace: this.wire.keySpace, tokens: new Tokens(undefined), clock: this.clock },
    patience: new Patience({ clock: this.clock, endpoints: 1 }),
    ...{ random: () => 0.5, timeoutMs: 1_500, log: silentLog, onClosed: () => undefined },
  });

  constructor() {
    this.mirror.onChange(() => {
      this.told.push(this.mirror.isFresh);
    });
  }
}

it('a mirror that an answer came too late for says so when the next one makes it fresh again', async () => {
  const bed = new Bed();
  await bed.clock.advance(10);
  expect(bed.told.at(-1)).toBe(true);
  // The probe before last was answered, so that the stream is not given up before the copy is old.
  await bed.clock.advance(STORE_LIMITS.probeEveryMs - 100);
  bed.wire.hush();
  await bed.clock.advance(STORE_LIMITS.staleAfterMs - STORE_LIMITS.probeEveryMs + 200);
  expect(bed.told.at(-1)).toBe(false);
  const before = bed.told.length;
  bed.wire.deliver();
  expect(bed.mirror.isFresh).toBe(true);
  await bed.clock.advance(1);
  expect(bed.told.slice(before)).toEqual([true]);
  await bed.mirror.close();
});
