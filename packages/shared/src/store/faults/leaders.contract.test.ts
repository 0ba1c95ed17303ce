import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import { type EtcdCluster, eventually, put, startEtcd, TcpProxy } from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import type { Leadership, Store } from '../store.js';

const TTL_S = 3;

interface Candidate {
  readonly store: Store;
  readonly proxy: TcpProxy;
  readonly leadership: Leadership;
}

describe('three candidates for the leadership', () => {
  jest.setTimeout(120_000);
  let cluster: EtcdCluster;
  let candidates: Candidate[];
  let mostLeaders: number;
  let leadersAllowed: number;
  let watching: AbortController;
  let watched: Promise<void>;

  const leaders = (): Candidate[] => candidates.filter(({ leadership }) => leadership.isLeader());

  async function candidate(identity: string): Promise<Candidate> {
    const proxy = await TcpProxy.open(cluster.first.port);
    const store = openStore({ endpoints: [proxy.endpoint], root: '/leaders/' });
    const session = await store.session({ ttlS: TTL_S });
    return { store, proxy, leadership: store.leadership({ key: 'leader', identity, session }) };
  }

  async function oneLeader(withinMs: number): Promise<Candidate> {
    await eventually(() => leaders().length === 1, withinMs, 'a leader');
    const [leader] = leaders();
    if (leader === undefined) throw new Error('the leader stood down at once');
    return leader;
  }

  beforeEach(async () => {
    cluster = await startEtcd();
    candidates = [];
    for (const name of ['a', 'b', 'c']) candidates.push(await candidate(name));
    mostLeaders = 0;
    leadersAllowed = 1;
    watching = new AbortController();
    watched = (async () => {
      while (!watching.signal.aborted) {
        mostLeaders = Math.max(mostLeaders, leaders().length);
        await systemClock.sleep(5);
      }
    })();
    await oneLeader(10_000);
  });
  afterEach(async () => {
    watching.abort();
    await watched;
    for (const { proxy, store } of candidates) {
      proxy.release();
      await store.close();
      await proxy.close();
    }
    await cluster.close();
    expect(mostLeaders).toBeLessThanOrEqual(leadersAllowed);
  });

  test('are never two while etcd is away for twice the TTL, and one leads soon after', async () => {
    await cluster.first.kill();
    const killedAtMs = systemClock.monotonicMs();
    await eventually(() => leaders().length === 0, TTL_S * 1000 + 2_000, 'nobody leading');
    await eventually(() => systemClock.monotonicMs() - killedAtMs > 2_000 * TTL_S, 30_000);
    expect(leaders()).toHaveLength(0);
    await cluster.first.start();
    const leader = await oneLeader(20_000);
    const guards = [leader.leadership.guard()];
    expect((await leader.store.commit([put('x')], { guards })).kind).toBe('committed');
  });

  test('keep their leader through an outage that is shorter than the TTL', async () => {
    const before = await oneLeader(1_000);
    const guard = before.leadership.guard();
    await cluster.first.restart();
    const after = await oneLeader(20_000);
    expect(after).toBe(before);
    expect(after.leadership.guard()).toEqual(guard);
  });

  test('replace a leader that is cut off, and its writes are refused when it is back', async () => {
    const old = await oneLeader(1_000);
    const guard = old.leadership.guard();
    old.proxy.hold();
    await eventually(() => !old.leadership.isLeader(), TTL_S * 1000 + 2_000);
    const next = await oneLeader(20_000);
    expect(next).not.toBe(old);
    old.proxy.release();
    await eventually(
      async () => (await old.store.commit([put('x')], { guards: [guard] })).kind === 'refused',
      20_000,
    );
    await eventually(() => old.leadership.leader === next.leadership.leader, 20_000);
  });

  test('have one leader again after somebody has deleted the key', async () => {
    // Until the news of the deletion arrives the old one believes in itself; its writes are refused.
    leadersAllowed = 2;
    const stranger = openStore({ endpoints: cluster.endpoints, root: '/leaders/' });
    for (let round = 0; round < 5; round += 1) {
      const before = await stranger.get('leader');
      await stranger.commit([{ kind: 'delete', key: 'leader' }]);
      await eventually(async () => {
        const now = await stranger.get('leader');
        const [leader] = leaders();
        if (now === undefined || leader === undefined) return false;
        const guards = [leader.leadership.guard()];
        return (
          now.createRevision !== before?.createRevision &&
          (await stranger.commit([], { guards })).kind === 'committed'
        );
      }, 20_000);
    }
    await stranger.close();
  });
});
