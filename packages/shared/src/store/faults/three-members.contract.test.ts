import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import {
  type EtcdCluster,
  type EtcdMember,
  eventually,
  leased,
  put,
  startEtcd,
} from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import type { Mirror, Session, Store } from '../store.js';

interface Fault {
  readonly name: string;
  inflict(cluster: EtcdCluster, member: EtcdMember): void | Promise<void>;
  heal(cluster: EtcdCluster, member: EtcdMember): void | Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'killed',
    inflict: (_cluster, member) => member.kill(),
    heal: (_cluster, member) => member.start(),
  },
  {
    name: 'frozen',
    inflict: (_cluster, member) => member.freeze(),
    heal: (_cluster, member) => {
      member.thaw();
    },
  },
  {
    name: 'cut off from the others',
    inflict: (cluster, member) => {
      cluster.isolate(member);
    },
    heal: (cluster) => {
      cluster.heal();
    },
  },
];

describe.each(FAULTS)('the member in use is $name, one of three', (fault) => {
  jest.setTimeout(120_000);
  let cluster: EtcdCluster;
  let victim: EtcdMember;
  let store: Store;
  let writer: Store;

  beforeEach(async () => {
    cluster = await startEtcd({ members: 3 });
    victim = cluster.first;
    // The first endpoint is the one in use.
    store = openStore({ endpoints: cluster.endpoints, root: '/three/' });
    writer = openStore({ endpoints: cluster.endpoints.slice(1), root: '/three/' });
  });
  afterEach(async () => {
    victim.thaw();
    cluster.heal();
    await store.close();
    await writer.close();
    await cluster.close();
  });

  async function follow(): Promise<{ mirror: Mirror; session: Session }> {
    const mirror = store.mirror('m/');
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    const session = await store.session({ ttlS: 10 });
    await store.commit([leased('s/1')], { session });
    return { mirror, session };
  }

  test('reads, writes, mirrors and sessions go on with the others', async () => {
    const { mirror, session } = await follow();
    let lost = 0;
    session.onLost(() => (lost += 1));
    await fault.inflict(cluster, victim);
    const atMs = systemClock.monotonicMs();
    await eventually(async () => (await writer.commit([put('m/1')])).kind === 'committed', 20_000);
    expect((await store.get('m/1'))?.value).toBe('v');
    await eventually(() => mirror.entries.has('m/1'), 20_000, 'the write in the mirror');
    const gapMs = Math.round(systemClock.monotonicMs() - atMs);
    await eventually(() => mirror.isFresh, 20_000);
    const guards = [{ kind: 'absent', key: 'm/2' } as const];
    expect((await store.commit([put('m/2')], { guards })).kind).toBe('committed');
    await eventually(() => mirror.entries.has('m/2'), 20_000);
    expect(gapMs).toBeLessThan(12_000);
    // Longer than the TTL since the last renewal at the lost member.
    await eventually(() => systemClock.monotonicMs() - atMs > 11_000, 20_000);
    expect({ lost, isValid: session.isValid() }).toEqual({ lost: 0, isValid: true });
    expect(await store.get('s/1')).toBeDefined();
    await fault.heal(cluster, victim);
    await eventually(async () => (await writer.commit([put('m/3')])).kind === 'committed', 20_000);
    await eventually(() => mirror.entries.has('m/3'), 20_000);
  });
});
