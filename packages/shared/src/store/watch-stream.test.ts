import { HeldWatches, ManualClock, MemoryEtcd } from '../testing/index.js';
import { STORE_LIMITS } from './limits.js';
import { Patience } from './patience.js';
import { openWatch, type WatchHandlers } from './watch-stream.js';

/** Several watches on one stream: a member in memory at the other end, and no wire in between. */

class Bed {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly wire = new HeldWatches(this.etcd);
  readonly patience = new Patience({ clock: this.clock, endpoints: 1 });
  readonly told: string[] = [];

  open(prefix: string): ReturnType<typeof openWatch> {
    const say = (what: string): void => {
      this.told.push(`${prefix} ${what}`);
    };
    const handlers: WatchHandlers = {
      onCreated: () => {
        say('stands');
      },
      onEvents: (events) => {
        say(events.map((it) => (it.kind === 'put' ? it.entry.key : `-${it.key}`)).join(' '));
      },
      onProven: (sentAtMs) => {
        say(`proven ${sentAtMs - this.startMs}`);
      },
      onEnd: (why) => {
        say(`ends: ${why.message}`);
      },
    };
    const { clock, wire } = this;
    const { client: etcd, keySpace } = wire;
    const range = keySpace.range(prefix);
    const { patience } = this;
    return openWatch({ etcd, clock, patience, range, keySpace, startRevision: 1n }, handlers);
  }

  readonly startMs = this.clock.monotonicMs();

  put(key: string): void {
    this.etcd.transact({
      writes: [{ kind: 'put', key, value: '' }],
      guards: [],
      leaseId: undefined,
    });
  }

  /** What was told since the last look. */
  heard(): readonly string[] {
    return this.told.splice(0);
  }
}

const cancelled = ({ wire: { requests } }: Bed): number =>
  requests.filter(({ cancel_request: it }) => it !== undefined).length;

it('watches of a client share a stream, and each hears of its own range', async () => {
  const bed = new Bed();
  await Promise.all([bed.open('names/a/'), bed.open('names/b/')]);
  expect(bed.wire.streams).toBe(1);
  bed.heard();
  bed.put('names/a/x');
  bed.put('names/b/y');
  bed.put('names/c/z');
  expect(bed.heard()).toEqual(['names/a/ names/a/x', 'names/b/ names/b/y']);
});

it('one probe proves all of them, by the time at which it was sent', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  await bed.open('names/b/');
  bed.heard();
  const before = bed.wire.requests.length;
  await bed.clock.advance(STORE_LIMITS.probeEveryMs);
  expect(bed.heard()).toEqual(['names/a/ proven 2000', 'names/b/ proven 2000']);
  // Asked, and given up.
  expect(bed.wire.requests.length - before).toBe(2);
});

it('nothing is proven by what is not answered, and a probe without an answer ends the stream', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.wire.hush();
  await bed.clock.advance(STORE_LIMITS.probeEveryMs + STORE_LIMITS.silentAfterMs);
  expect(bed.heard()).toEqual([]);
  await bed.clock.advance(STORE_LIMITS.probeEveryMs);
  expect(bed.heard()).toEqual(['names/a/ ends: a probe of the watches was not answered']);
});

it('where an answer takes longer than the pause between two probes, the next probe follows it at once', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  await bed.clock.advance(STORE_LIMITS.probeEveryMs / 2);
  bed.wire.hush();
  await bed.clock.advance(STORE_LIMITS.probeEveryMs * 1.625);
  bed.wire.deliver();
  // It was time for the second one at 4000.
  expect(bed.heard()).toEqual(['names/a/ proven 2000', 'names/a/ proven 4250']);
});

it('a stream whose answers take long is given more time before it counts as silent', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.patience.answered(STORE_LIMITS.silentAfterMs, STORE_LIMITS.silentAfterMs);
  bed.wire.hush();
  // Without it the stream would end 4.1 s after the probe.
  await bed.clock.advance(STORE_LIMITS.probeEveryMs + 5_000);
  expect(bed.heard()).toEqual([]);
  await bed.clock.advance(STORE_LIMITS.probeEveryMs);
  expect(bed.heard()).toEqual(['names/a/ ends: a probe of the watches was not answered']);
});

it('a watch that is closed is given up alone; the last one takes the stream with it', async () => {
  const bed = new Bed();
  const a = await bed.open('names/a/');
  const b = await bed.open('names/b/');
  bed.heard();
  const before = cancelled(bed);
  a.close();
  expect(cancelled(bed)).toBe(before + 1);
  bed.put('names/a/x');
  bed.put('names/b/y');
  expect(bed.heard()).toEqual(['names/b/ names/b/y']);
  b.close();
  expect(bed.wire.ended).toBe(1);
  await bed.open('names/a/');
  expect(bed.wire.streams).toBe(2);
});

it('when the stream breaks all of them end, once, and the next one gets a new stream', async () => {
  const bed = new Bed();
  const a = await bed.open('names/a/');
  await bed.open('names/b/');
  bed.heard();
  bed.wire.fail(new Error('reset'));
  bed.wire.fail(new Error('again'));
  expect(bed.heard()).toEqual(['names/a/ ends: reset', 'names/b/ ends: reset']);
  a.close();
  await bed.open('names/b/');
  expect(bed.wire.streams).toBe(2);
});

it('a process that was kept from reading does not take its own silence for that of etcd', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.wire.hush();
  // Its timers go first, then it reads.
  await bed.clock.advance(3 * STORE_LIMITS.probeEveryMs);
  bed.wire.deliver();
  await bed.clock.advance(STORE_LIMITS.secondLookMs);
  // The one that was due meanwhile follows at once.
  expect(bed.heard()).toEqual(['names/a/ proven 2000', 'names/a/ proven 6000']);
  expect(bed.wire.ended).toBe(0);
});

it('a watch that is not confirmed ends all of a stream that is silent: none stays behind on it', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.wire.hush();
  await bed.open('names/b/');
  await bed.clock.advance(STORE_LIMITS.watchCreatedMs + STORE_LIMITS.secondLookMs);
  const why = 'ends: a watch was not confirmed in time';
  expect(bed.heard()).toEqual([`names/a/ ${why}`, `names/b/ ${why}`]);
  expect(bed.wire.ended).toBe(1);
});

it('a watch that alone is not confirmed ends alone', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.wire.loseNext();
  await bed.open('names/b/');
  bed.heard();
  await bed.clock.advance(2 * STORE_LIMITS.watchCreatedMs);
  expect(bed.heard().filter((it) => it.includes('ends'))).toEqual([
    'names/b/ ends: etcd did not confirm the watch',
  ]);
  expect(bed.wire.ended).toBe(0);
});

it('a watch whose confirmation is lost ends in time, also when its stream was suspected in between', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.wire.hush();
  bed.wire.loseNext();
  await bed.open('names/b/');
  bed.heard();
  await bed.clock.advance(STORE_LIMITS.watchCreatedMs);
  bed.wire.deliver();
  await bed.clock.advance(2 * STORE_LIMITS.watchCreatedMs + STORE_LIMITS.secondLookMs);
  expect(bed.heard().filter((it) => it.includes('ends'))).toEqual([
    'names/b/ ends: etcd did not confirm the watch',
  ]);
});

it('many that suspect a stream one after another do not put off its end', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.wire.hush();
  for (let at = 0; at < 40; at += 1) {
    await bed.open(`names/b${at}/`);
    await bed.clock.advance(STORE_LIMITS.secondLookMs / 2);
  }
  await bed.clock.advance(STORE_LIMITS.secondLookMs);
  expect(bed.wire.ended).toBe(1);
});
