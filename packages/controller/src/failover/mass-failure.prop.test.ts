import fc from 'fast-check';
import {
  HOST_LEASE_TTL_S,
  hostId,
  hostSessionCodec,
  keys,
  NapError,
  type HostId,
} from '@nap/shared';
import { silentLog, type Component } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { ManualClock, MemoryEtcd, MemoryStore, seededRandom } from '@nap/shared/testing';
import { DEFAULT_LOSS_POLICY } from '../plan/host-loss.js';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { createFailover } from './failover.js';

/** Hosts that hold leases as agents do, a daemon at default settings, and one clock. */

const LEASE_TTL_MS = HOST_LEASE_TTL_S * 1000;
/** Of the first look after the last lease has ended: two askings, and a plan. */
const DECIDED_WITHIN_MS = 500;
/** Longer than a lease and the grace, shorter than what those are given that a brake has held back. */
const WATCHED_MS = 20_000;

const { signal } = new AbortController();

interface Cut {
  readonly hosts: number;
  /** How many of them vanish at one moment. */
  readonly vanish: number;
  /** When each agent started, after the first: leases are renewed once a second from then on. */
  readonly startedAfterMs: readonly number[];
  readonly atMs: number;
  /** How long their leases last, by turns. Absent: as long as leases do. */
  readonly ttlsS?: readonly number[];
}

const ttlOf = ({ ttlsS = [] }: Cut, at: number): number =>
  ttlsS[at % ttlsS.length] ?? HOST_LEASE_TTL_S;

interface Seen {
  readonly vanished: readonly HostId[];
  /** What ran on hosts that have vanished, and was placed elsewhere: how long after the cut. */
  readonly movedAfterMs: readonly number[];
  /** Hosts that still have something of what has vanished. */
  readonly left: number;
}

const cuts = (vanish: (hosts: number) => { min: number; max: number }): fc.Arbitrary<Cut> =>
  fc.integer({ min: 2, max: 6 }).chain((hosts) =>
    fc.record({
      hosts: fc.constant(hosts),
      vanish: fc.integer(vanish(hosts)),
      startedAfterMs: fc.array(fc.nat(1_000), { minLength: hosts, maxLength: hosts }),
      atMs: fc.integer({ min: 1_500, max: 3_000 }),
    }),
  );

async function filled(etcd: MemoryEtcd, hosts: readonly HostId[], cut: Cut): Promise<MemoryStore> {
  const cluster = new FakeCluster();
  for (const [at, host] of hosts.entries()) {
    cluster.addHost(host, { leaseTtlS: ttlOf(cut, at) });
  }
  const wanted = project(service('web', { replicas: hosts.length * 2 }));
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  for (const host of hosts) cluster.lose(host);
  const store = new MemoryStore({ etcd });
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  return store;
}

/** As an agent does it. */
async function register(
  etcd: MemoryEtcd,
  host: HostId,
  { seed, ttlS }: { readonly seed: number; readonly ttlS: number },
): Promise<MemoryStore> {
  const store = new MemoryStore({ etcd, random: seededRandom(seed) });
  const session = await store.session({ ttlS });
  const value = hostSessionCodec.encode({ startedAtMs: 0 });
  await store.commit([{ kind: 'put', key: keys.hostSession(host), value, leased: true }], {
    session,
  });
  return store;
}

async function daemonOf(
  etcd: MemoryEtcd,
  clock: ManualClock,
  broken: (store: Store) => Store,
): Promise<Component> {
  const daemon = createFailover({
    store: broken(new MemoryStore({ etcd, random: seededRandom(100) })),
    ...{ identity: 'daemon', policy: DEFAULT_LOSS_POLICY, leaseTtlS: 10 },
    ...{ clock, log: silentLog, random: () => 0.5 },
  });
  await daemon.start(signal);
  return daemon;
}

async function watch(cut: Cut, broken: (store: Store) => Store = (it) => it): Promise<Seen> {
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const hosts = Array.from({ length: cut.hosts }, (_, at) => hostId(`host-${at}`));
  const store = await filled(etcd, hosts, cut);
  const agents = new Map<HostId, MemoryStore>();
  const inOrder = hosts
    .map((host, at) => ({
      host,
      afterMs: cut.startedAfterMs[at] ?? 0,
      seed: at + 2,
      ttlS: ttlOf(cut, at),
    }))
    .sort((a, b) => a.afterMs - b.afterMs);
  for (const { host, afterMs, ...more } of inOrder) {
    await clock.advance(afterMs - clock.monotonicMs());
    agents.set(host, await register(etcd, host, more));
  }
  const daemon = await daemonOf(etcd, clock, broken);
  await clock.advance(cut.atMs - clock.monotonicMs());
  const vanished = hosts.slice(0, cut.vanish);
  for (const host of vanished) agents.get(host)?.crash();
  const cutAtMs = clock.monotonicMs();
  const movedAfterMs: number[] = [];
  let left = 0;
  const longestMs = 1000 * Math.max(...hosts.map((_, at) => ttlOf(cut, at)));
  const untilMs = cutAtMs + longestMs - LEASE_TTL_MS + WATCHED_MS;
  for (let before = cut.vanish * 2; clock.monotonicMs() < untilMs; before = left) {
    await clock.advance(100);
    const { placements } = await readView(store, signal);
    left = placements.filter(({ host }) => vanished.includes(host)).length;
    for (let moved = left; moved < before; moved += 1) {
      movedAfterMs.push(clock.monotonicMs() - cutAtMs);
    }
  }
  await Promise.all([daemon.stop(), clock.advance(1_000)]);
  return { vanished, movedAfterMs, left };
}

const CUT: Cut = { hosts: 3, vanish: 2, startedAfterMs: [0, 500, 900], atMs: 2_000 };
const most = cuts((hosts) => ({ min: Math.floor(hosts / 2) + 1, max: hosts }));
const few = cuts((hosts) => ({ min: 1, max: Math.floor(hosts / 2) }));

it('nothing moves when most hosts vanish at one moment, whenever each has renewed its lease', async () => {
  await fc.assert(
    fc.asyncProperty(most, async (cut) => {
      expect((await watch(cut)).movedAfterMs).toEqual([]);
    }),
    { numRuns: 12 },
  );
}, 60_000);

it('nothing moves then with leases that are longer, shorter, or not all of one length', async () => {
  const ttls = fc.constantFrom([60], [120], [2, 10, 10], [10, 60], [2, 30, 60]);
  await fc.assert(
    fc.asyncProperty(most, ttls, async (cut, ttlsS) => {
      // Each renews its lease ten times as long as it lasts: some have just done so, others long ago.
      const shift = Math.min(...ttlsS) / 10;
      const startedAfterMs = cut.startedAfterMs.map((ms) => ms * shift);
      const atMs = cut.atMs + 1_000 * shift;
      expect((await watch({ ...cut, startedAfterMs, atMs, ttlsS })).movedAfterMs).toEqual([]);
    }),
    { numRuns: 12 },
  );
}, 120_000);

it('the lease of a host beside a short one that has ended proves less', async () => {
  expect((await watch({ ...CUT, ttlsS: [2, 10, 10] })).movedAfterMs).toEqual([]);
}, 30_000);

it('one host beside others with longer leases is not waited for until all of those could have ended', async () => {
  const { left, movedAfterMs } = await watch({ ...CUT, vanish: 1, ttlsS: [10, 60, 60] });
  expect(left).toBe(0);
  // They prove to be well as soon as they have renewed theirs, which they do every 6 s.
  expect(Math.max(...movedAfterMs)).toBeLessThanOrEqual(LEASE_TTL_MS + 6_000 + DECIDED_WITHIN_MS);
}, 30_000);

it('what few hosts ran moves as soon as their leases have ended', async () => {
  await fc.assert(
    fc.asyncProperty(few, async (cut) => {
      const { left, movedAfterMs } = await watch(cut);
      expect(left).toBe(0);
      expect(Math.max(...movedAfterMs)).toBeLessThanOrEqual(LEASE_TTL_MS + DECIDED_WITHIN_MS);
    }),
    { numRuns: 12 },
  );
}, 60_000);

/** A store that tells something else of leases. */
const withLeases =
  (leases: Store['leases']) =>
  (store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'leases') return leases;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });

it('would notice a daemon that takes every other host for well', async () => {
  const gullible = withLeases((asked) =>
    Promise.resolve(new Map(asked.map((key) => [key, { leftMs: 10_000, ttlMs: 10_000 }]))),
  );
  expect((await watch(CUT)).movedAfterMs).toEqual([]);
  expect((await watch(CUT, gullible)).movedAfterMs).not.toEqual([]);
});

it.each([
  [
    'does not',
    (_asked, within) =>
      new Promise((_resolve, reject) => {
        within?.addEventListener('abort', () => {
          reject(new NapError('TIMEOUT', 'no answer'));
        });
      }),
  ],
  ['refuses to', () => Promise.reject(new NapError('ETCD_DENIED', 'permission denied'))],
] satisfies [string, Store['leases']][])(
  'costs no more than the grace where etcd %s tell of leases',
  async (_what, leases) => {
    const { left, movedAfterMs } = await watch({ ...CUT, vanish: 1 }, withLeases(leases));
    expect(left).toBe(0);
    const { graceMs } = DEFAULT_LOSS_POLICY;
    expect(Math.min(...movedAfterMs)).toBeGreaterThan(LEASE_TTL_MS - 1_000 + graceMs);
    expect(Math.max(...movedAfterMs)).toBeLessThanOrEqual(
      LEASE_TTL_MS + graceMs + DECIDED_WITHIN_MS,
    );
  },
);
