import { ManualClock, MemoryEtcd, MemoryWatches } from '../testing/index.js';
import { KeySpace } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import {
  openWatch,
  type WatchEtcd,
  type WatchHandlers,
  type WatchRequest,
} from './watch-stream.js';

/** Several watches on one stream: a member in memory at the other end, and no wire in between. */

const KEYS = new KeySpace('/nap/v1/');

class Bed {
  readonly clock = new ManualClock();
  readonly etcd = new MemoryEtcd(this.clock);
  readonly requests: WatchRequest[] = [];
  readonly told: string[] = [];
  streams = 0;
  ended = 0;
  /** What the stream hears of its own end. */
  fail: (err: Error) => void = () => undefined;
  private readonly watches = new MemoryWatches(this.etcd, KEYS);
  private isSilent = false;
  private readonly late: (() => void)[] = [];
  private isNextLost = false;

  readonly client = { watchClient: { watch: () => this.stream() } } as unknown as WatchEtcd;

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
    const range = KEYS.range(prefix);
    const { client: etcd, clock } = this;
    return openWatch({ etcd, clock, range, keySpace: KEYS, startRevision: 1n }, handlers);
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

  /** What is sent from now on stays on its way. */
  hush(): void {
    this.isSilent = true;
  }

  /** The next request does not arrive. */
  loseNext(): void {
    this.isNextLost = true;
  }

  /** All of it arrives. */
  deliver(): void {
    this.isSilent = false;
    for (const arrive of this.late.splice(0)) arrive();
  }

  private stream(): Promise<object> {
    this.streams += 1;
    const on = new Map<string, (about: unknown) => void>();
    this.fail = (err) => on.get('error')?.(err);
    const served = this.watches.open((response) => {
      const arrive = (): void => on.get('data')?.(response);
      if (this.isSilent) this.late.push(arrive);
      else arrive();
    });
    return Promise.resolve({
      on: (event: string, listener: (about: unknown) => void) => on.set(event, listener),
      write: (request: WatchRequest) => {
        this.requests.push(request);
        if (!this.isNextLost) served.receive(request);
        this.isNextLost = false;
      },
      end: () => {
        this.ended += 1;
        served.end();
      },
      cancel: () => undefined,
    });
  }
}

const cancelled = ({ requests }: Bed): number =>
  requests.filter(({ cancel_request: it }) => it !== undefined).length;

it('watches of a client share a stream, and each hears of its own range', async () => {
  const bed = new Bed();
  await Promise.all([bed.open('names/a/'), bed.open('names/b/')]);
  expect(bed.streams).toBe(1);
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
  const before = bed.requests.length;
  await bed.clock.advance(STORE_LIMITS.probeEveryMs);
  expect(bed.heard()).toEqual(['names/a/ proven 2000', 'names/b/ proven 2000']);
  // Asked, and given up.
  expect(bed.requests.length - before).toBe(2);
});

it('nothing is proven by what is not answered, and a probe without an answer ends the stream', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.hush();
  await bed.clock.advance(STORE_LIMITS.probeEveryMs + STORE_LIMITS.silentAfterMs);
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
  expect(bed.ended).toBe(1);
  await bed.open('names/a/');
  expect(bed.streams).toBe(2);
});

it('when the stream breaks all of them end, once, and the next one gets a new stream', async () => {
  const bed = new Bed();
  const a = await bed.open('names/a/');
  await bed.open('names/b/');
  bed.heard();
  bed.fail(new Error('reset'));
  bed.fail(new Error('again'));
  expect(bed.heard()).toEqual(['names/a/ ends: reset', 'names/b/ ends: reset']);
  a.close();
  await bed.open('names/b/');
  expect(bed.streams).toBe(2);
});

it('a process that was kept from reading does not take its own silence for that of etcd', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.hush();
  // Its timers go first, then it reads.
  await bed.clock.advance(3 * STORE_LIMITS.probeEveryMs);
  bed.deliver();
  await bed.clock.advance(STORE_LIMITS.secondLookMs);
  expect(bed.heard()).toEqual(['names/a/ proven 2000']);
  expect(bed.ended).toBe(0);
});

it('a watch that is not confirmed ends all of a stream that is silent: none stays behind on it', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.heard();
  bed.hush();
  await bed.open('names/b/');
  await bed.clock.advance(STORE_LIMITS.watchCreatedMs + STORE_LIMITS.secondLookMs);
  const why = 'ends: a watch was not confirmed in time';
  expect(bed.heard()).toEqual([`names/a/ ${why}`, `names/b/ ${why}`]);
  expect(bed.ended).toBe(1);
});

it('a watch that alone is not confirmed ends alone', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.loseNext();
  await bed.open('names/b/');
  bed.heard();
  await bed.clock.advance(2 * STORE_LIMITS.watchCreatedMs);
  expect(bed.heard().filter((it) => it.includes('ends'))).toEqual([
    'names/b/ ends: etcd did not confirm the watch',
  ]);
  expect(bed.ended).toBe(0);
});

it('a watch whose confirmation is lost ends in time, also when its stream was suspected in between', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.hush();
  bed.loseNext();
  await bed.open('names/b/');
  bed.heard();
  await bed.clock.advance(STORE_LIMITS.watchCreatedMs);
  bed.deliver();
  await bed.clock.advance(2 * STORE_LIMITS.watchCreatedMs + STORE_LIMITS.secondLookMs);
  expect(bed.heard().filter((it) => it.includes('ends'))).toEqual([
    'names/b/ ends: etcd did not confirm the watch',
  ]);
});

it('many that suspect a stream one after another do not put off its end', async () => {
  const bed = new Bed();
  await bed.open('names/a/');
  bed.hush();
  for (let at = 0; at < 40; at += 1) {
    await bed.open(`names/b${at}/`);
    await bed.clock.advance(STORE_LIMITS.secondLookMs / 2);
  }
  await bed.clock.advance(STORE_LIMITS.secondLookMs);
  expect(bed.ended).toBe(1);
});
