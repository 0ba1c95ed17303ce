import { jest } from '@jest/globals';
import { messageOf } from '../errors/nap-error.js';
import { leased, put, remove, revisionOf, type StoreBed, storeKinds } from '../testing/index.js';
import type { Leadership, Store } from './store.js';

describe.each(storeKinds)('store port, mirrors, sessions, leaders: $name', (kind) => {
  jest.setTimeout(60_000);
  let bed: StoreBed;
  let store: Store;
  let stores: Store[] = [];

  const another = (): Store => {
    const opened = bed.open();
    stores.push(opened);
    return opened;
  };

  beforeAll(async () => {
    await kind.begin();
  });
  afterAll(async () => {
    await kind.end();
  });
  beforeEach(() => {
    bed = kind.bed();
    stores = [];
    store = another();
  });
  afterEach(async () => {
    for (const opened of stores) await opened.close();
  });

  describe('mirror', () => {
    test('starts stale, and is fresh with everything that was there', async () => {
      await store.commit([put('m/1'), put('n/1')]);
      const mirror = store.mirror('m/');
      expect(mirror.isFresh).toBe(false);
      await mirror.whenFresh();
      expect([...mirror.entries.keys()]).toEqual(['m/1']);
      expect(mirror.problem).toBeUndefined();
    });

    test('follows what others write and delete', async () => {
      const mirror = store.mirror('m/');
      await mirror.whenFresh();
      const other = another();
      const revision = await revisionOf(other, put('m/1', 'new'));
      await bed.eventually(() => mirror.entries.get('m/1')?.value === 'new', 1_000);
      expect(mirror.revision).toBe(revision);
      await other.commit([remove('m/1')]);
      await bed.eventually(() => !mirror.entries.has('m/1'), 1_000);
    });

    test('replaces its entries and never mutates them', async () => {
      const mirror = store.mirror('m/');
      await mirror.whenFresh();
      const before = mirror.entries;
      await store.commit([put('m/1')]);
      await bed.eventually(() => mirror.entries.has('m/1'), 1_000);
      expect(before.size).toBe(0);
    });

    test('shows a transaction whole or not at all', async () => {
      const mirror = store.mirror('m/');
      await mirror.whenFresh();
      const sizes = new Set<number>();
      mirror.onChange(() => sizes.add(mirror.entries.size));
      await store.commit(Array.from({ length: 100 }, (_, index) => put(`m/${index}`)));
      await bed.eventually(() => mirror.entries.size === 100, 1_000);
      expect([...sizes].filter((size) => size !== 0)).toEqual([100]);
    });

    test('of an exact key does not see its neighbours', async () => {
      const mirror = store.mirror('leader');
      await mirror.whenFresh();
      await store.commit([put('leader2'), put('leader/x'), put('leader')]);
      await bed.eventually(() => mirror.entries.size > 0, 1_000);
      expect([...mirror.entries.keys()]).toEqual(['leader']);
    });

    test('calls back after a change until unsubscribed', async () => {
      const mirror = store.mirror('m/');
      await mirror.whenFresh();
      let calls = 0;
      const stop = mirror.onChange(() => (calls += 1));
      await store.commit([put('m/1')]);
      await bed.eventually(() => calls > 0, 1_000);
      stop();
      const seen = calls;
      await store.commit([put('m/2')]);
      await bed.eventually(() => mirror.entries.has('m/2'), 1_000);
      expect(calls).toBe(seen);
    });

    test('stops following when closed, and is stale then', async () => {
      const mirror = store.mirror('m/');
      await mirror.whenFresh();
      await mirror.close();
      expect(mirror.isFresh).toBe(false);
      const open = store.mirror('m/');
      await store.commit([put('m/1')]);
      await bed.eventually(() => open.entries.has('m/1'), 1_000);
      expect(mirror.entries.has('m/1')).toBe(false);
    });

    test('waiting for it rejects with the reason of the signal', async () => {
      const stop = new AbortController();
      const mirror = store.mirror('m/');
      await mirror.close();
      const waiting = mirror.whenFresh(stop.signal);
      stop.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
    });
  });

  describe('session', () => {
    test('is valid at once, and outlives its TTL', async () => {
      const session = await store.session({ ttlS: 2 });
      expect(session.isValid()).toBe(true);
      await store.commit([leased('s/1')], { session });
      let looks = 0;
      await bed.eventually(() => {
        expect(session.isValid()).toBe(true);
        looks += 1;
        return looks > 100;
      }, 10_000);
      expect(await store.get('s/1')).toBeDefined();
    });

    test('takes its keys along when it is closed, all in one revision, and no others', async () => {
      const session = await store.session({ ttlS: 10 });
      await store.commit([leased('s/1'), leased('s/2'), put('s/3')], { session });
      const mirror = store.mirror('s/');
      await mirror.whenFresh();
      const sizes = new Set<number>();
      mirror.onChange(() => sizes.add(mirror.entries.size));
      await session.close();
      expect(session.isValid()).toBe(false);
      await bed.eventually(() => mirror.entries.size === 1, 1_000);
      expect([...sizes].filter((size) => size !== 3)).toEqual([1]);
    });

    test('tells of its loss and of a new lease when etcd has ended the old one', async () => {
      const session = await store.session({ ttlS: 2 });
      const first = session.leaseId;
      await store.commit([leased('s/1')], { session });
      const heard: string[] = [];
      session.onLost(() => heard.push('lost'));
      session.onRenewed(() => heard.push('renewed'));
      await bed.revoke(first);
      expect(await store.get('s/1')).toBeUndefined();
      await bed.eventually(() => heard.includes('renewed'), 5_000);
      expect(heard).toEqual(['lost', 'renewed']);
      expect(session.leaseId).not.toBe(first);
      expect(session.isValid()).toBe(true);
      await store.commit([leased('s/1')], { session });
      expect(await store.get('s/1')).toBeDefined();
    });

    test('a put under a lease that is gone fails and can be tried again', async () => {
      const session = await store.session({ ttlS: 10 });
      await bed.revoke(session.leaseId);
      await expect(store.commit([leased('s/1')], { session })).rejects.toMatchObject({
        code: 'ETCD_UNAVAILABLE',
        retryable: true,
      });
    });
  });

  describe('leases', () => {
    test('are told of keys that are under one, with what is left, and of no others', async () => {
      const session = await store.session({ ttlS: 10 });
      await store.commit([leased('s/1'), leased('s/2'), put('s/3')], { session });
      const lives = await another().leases(['s/1', 's/2', 's/3', 's/none']);
      expect([...lives.keys()].sort()).toEqual(['s/1', 's/2']);
      expect(lives.get('s/1')?.ttlMs).toBe(10_000);
      expect(lives.get('s/1')?.leftMs).toBeGreaterThanOrEqual(8_000);
      expect(lives.get('s/1')?.leftMs).toBeLessThanOrEqual(10_000);
    });

    test('have less and less left, until they are renewed', async () => {
      const session = await store.session({ ttlS: 50 });
      await store.commit([leased('s/1')], { session });
      const leftMs = async (): Promise<number> =>
        (await store.leases(['s/1'])).get('s/1')?.leftMs ?? 0;
      let fewestMs = await leftMs();
      await bed.eventually(async () => {
        const nowMs = await leftMs();
        if (fewestMs <= 47_000 && nowMs > fewestMs) return true;
        fewestMs = Math.min(fewestMs, nowMs);
        return false;
      }, 8_000);
      expect(fewestMs).toBeGreaterThanOrEqual(44_000);
    });

    test('that have ended are left out', async () => {
      const session = await store.session({ ttlS: 10 });
      await store.commit([leased('s/1')], { session });
      await bed.revoke(session.leaseId);
      expect((await store.leases(['s/1'])).size).toBe(0);
    });

    test('of more keys than fit into one request are told as well', async () => {
      const session = await store.session({ ttlS: 10 });
      const keys = Array.from({ length: 150 }, (_, index) => `s/${index}`);
      await store.commit(
        keys.map((key) => leased(key)),
        { session },
      );
      expect((await store.leases(keys)).size).toBe(150);
    });

    test('are refused with the reason of a signal that has aborted', async () => {
      const reason = new Error('enough');
      await expect(store.leases(['s/1'], AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });

  describe('leadership', () => {
    interface Candidate {
      readonly name: string;
      readonly store: Store;
      readonly leadership: Leadership;
    }

    async function candidate(name: string, ttlS = 3): Promise<Candidate> {
      const own = another();
      const session = await own.session({ ttlS });
      return {
        name,
        store: own,
        leadership: own.leadership({ key: 'leader', identity: name, session }),
      };
    }

    const leaders = (candidates: readonly Candidate[]): Candidate[] =>
      candidates.filter(({ leadership }) => leadership.isLeader());

    async function onlyLeader(candidates: readonly Candidate[]): Promise<Candidate> {
      await bed.eventually(() => {
        const now = leaders(candidates);
        expect(now.length).toBeLessThanOrEqual(1);
        return now.length === 1;
      }, 5_000);
      const [leader] = leaders(candidates);
      if (leader === undefined) throw new Error('the leader stood down at once');
      return leader;
    }

    test('one of three leads, and the others know who', async () => {
      const candidates = [await candidate('a'), await candidate('b'), await candidate('c')];
      const leader = await onlyLeader(candidates);
      await bed.eventually(
        () => candidates.every(({ leadership }) => leadership.leader === leader.name),
        2_000,
      );
      for (const { leadership, name } of candidates) {
        if (name === leader.name) expect(leadership.guard().kind).toBe('createdAt');
        else expect(() => leadership.guard()).toThrow(`${name} does not lead now`);
      }
    });

    test('who gives up hands over, and its old guard is worth nothing', async () => {
      const candidates = [await candidate('a'), await candidate('b')];
      const first = await onlyLeader(candidates);
      const guard = first.leadership.guard();
      expect((await first.store.commit([put('x')], { guards: [guard] })).kind).toBe('committed');
      await first.leadership.close();
      expect(first.leadership.isLeader()).toBe(false);
      const second = await onlyLeader(candidates.filter(({ name }) => name !== first.name));
      expect((await first.store.commit([put('x')], { guards: [guard] })).kind).toBe('refused');
      const guards = [second.leadership.guard()];
      expect((await second.store.commit([put('x')], { guards })).kind).toBe('committed');
    });

    test('a leader whose key is deleted by somebody stands down, and there is one leader again', async () => {
      const candidates = [await candidate('a'), await candidate('b')];
      const first = await onlyLeader(candidates);
      const guard = first.leadership.guard();
      await store.commit([remove('leader')]);
      await bed.eventually(async () => {
        expect(leaders(candidates).length).toBeLessThanOrEqual(1);
        const entry = await store.get('leader');
        const [leader] = leaders(candidates);
        return entry !== undefined && leader?.leadership.guard() !== undefined
          ? JSON.stringify(leader.leadership.guard(), bigints) ===
              JSON.stringify(
                { kind: 'createdAt', key: 'leader', revision: entry.createRevision },
                bigints,
              )
          : false;
      }, 5_000);
      expect((await store.commit([put('x')], { guards: [guard] })).kind).toBe('refused');
    });

    test('a leader whose lease is gone is replaced', async () => {
      const candidates = [await candidate('a'), await candidate('b')];
      const first = await onlyLeader(candidates);
      const calls: string[] = [];
      first.leadership.onChange(() => calls.push(String(first.leadership.isLeader())));
      const entry = await store.get('leader');
      const { leaseId } = JSON.parse(entry?.value ?? '{}') as { leaseId: string };
      await bed.revoke(leaseId);
      await bed.eventually(async () => {
        const now = await store.get('leader');
        return now !== undefined && now.createRevision !== entry?.createRevision;
      }, 5_000);
      await onlyLeader(candidates);
      expect(calls[0]).toBe('false');
    });

    test('waiting for it rejects with the reason of the signal', async () => {
      const candidates = [await candidate('a'), await candidate('b')];
      const first = await onlyLeader(candidates);
      const follower = candidates.find(({ name }) => name !== first.name);
      const waiting = follower?.leadership.whenLeading(AbortSignal.abort(new Error('enough')));
      expect(await waiting?.catch(messageOf)).toBe('enough');
    });
  });
});

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
