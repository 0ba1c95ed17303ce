import { hostId, keys, LIMITS, projectName } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import type { Plan } from '../plan/change.js';
import { toClusterView, type ClusterView } from '../plan/cluster-view.js';
import { containerOf, FakeCluster, project, published, service } from '../testing/builders.js';
import { commitPlan } from './commit-plan.js';
import { readView } from './read-view.js';
import { lead } from './lead.js';

const CONTEXT = { appliedBy: 'alice', files: ['shop.yml'], nowMs: 1 };
const never = new AbortController().signal;

async function storeWith(...hosts: readonly string[]): Promise<MemoryStore> {
  const store = new MemoryStore({ clock: systemClock });
  await store.commit(
    [...new FakeCluster(...hosts).entries].map(([key, value]) => ({ kind: 'put', key, value })),
  );
  return store;
}

const options = (store: MemoryStore) => ({
  store,
  identity: 'alice',
  clock: systemClock,
  waitMs: 1_000,
  onWaiting: () => undefined,
  signal: never,
});

it('writes the cluster, the headers, the project and its placements', async () => {
  const store = await storeWith('host-a', 'host-b');
  await lead(options(store), (leadership) =>
    commitPlan(
      store,
      leadership,
      (view) => planProject(view, project(service('web', { replicas: 2 })), CONTEXT),
      { signal: never, clock: systemClock },
    ),
  );
  const view = await readView(store, never);
  expect(view.placements.map(({ instance, host }) => `${instance} ${host}`)).toEqual([
    'shop.web.1 host-a',
    'shop.web.2 host-b',
  ]);
  expect([...view.headers.values()]).toEqual([view.cluster?.id, view.cluster?.id]);
  expect(view.projects.get(projectName('shop'))?.revision).toBe(1);
  expect(await store.get(keys.leader())).toBeUndefined();
});

it('writes nothing when nothing changed', async () => {
  const store = await storeWith('host-a');
  const apply = async (): Promise<void> => {
    await lead(options(store), (leadership) =>
      commitPlan(store, leadership, (view) => planProject(view, project(service('web')), CONTEXT), {
        signal: never,
        clock: systemClock,
      }),
    );
  };
  await apply();
  const { entries } = await store.snapshot(['projects/', 'placements/', 'cluster']);
  await apply();
  expect((await store.snapshot(['projects/', 'placements/', 'cluster'])).entries).toEqual(entries);
});

it('writes nothing when an instance fits nowhere', async () => {
  const store = await storeWith('host-a');
  const wanted = project(service('web', { ...published(80), replicas: 2 }));
  await expect(
    lead(options(store), (leadership) =>
      commitPlan(store, leadership, (view) => planProject(view, wanted, CONTEXT), {
        signal: never,
        clock: systemClock,
      }),
    ),
  ).rejects.toMatchObject({ code: 'UNPLACEABLE' });
  expect((await store.snapshot(['projects/', 'placements/'])).entries.size).toBe(0);
});

it('plans again from what it finds when the leadership was lost while it planned', async () => {
  const store = await storeWith('host-a', 'host-b');
  const seen: number[] = [];
  await lead(options(store), async (leadership) =>
    commitPlan(
      store,
      leadership,
      (view) => {
        seen.push(view.hosts.size);
        if (seen.length === 1) {
          // Somebody deletes the leader's key and adds a host before the commit arrives.
          const extra = new FakeCluster('host-c').entries;
          void store.commit([
            { kind: 'delete', key: keys.leader() },
            ...[...extra].map(([key, value]) => ({ kind: 'put', key, value }) as const),
          ]);
        }
        return planProject(view, project(service('web')), CONTEXT);
      },
      { signal: never, clock: systemClock },
    ),
  );
  expect(seen).toEqual([2, 3]);
  const { entries } = await store.snapshot(['placements/']);
  expect(toClusterView(entries.values()).placements).toHaveLength(1);
});

it('says who is at work when another controller leads for too long', async () => {
  const store = await storeWith('host-a');
  let release: () => void = () => undefined;
  const other = lead({ ...options(store), identity: 'bob@ops2' }, async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  const second = new MemoryStore({ etcd: store.etcd });
  const waiting: string[] = [];
  await expect(
    lead({ ...options(second), waitMs: 50, onWaiting: (leader) => waiting.push(leader) }, () =>
      Promise.reject(new Error('must not lead')),
    ),
  ).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('bob@ops2') as string,
  });
  expect(waiting).toEqual([expect.stringContaining('bob@ops2')]);
  release();
  await other;
});

it.each([
  ['what must not run twice', { stopAfterMs: 30_000 }],
  ['what was not to run twice, as its agent knows it,', {}],
])('takes %s off a host only while that is away', async (_what, wanted) => {
  const store = await storeWith('host-a', 'host-b');
  const once = project(service('db', { scheduling: { onPartition: { stopAfterMs: 30_000 } } }));
  const write = async (makePlan: (view: ClusterView) => Plan): Promise<unknown> =>
    lead(options(store), (leadership) =>
      commitPlan(store, leadership, makePlan, { signal: never, clock: systemClock }),
    );
  await write((view) => planProject(view, once, CONTEXT));
  const session = keys.hostSession(hostId('host-a'));
  const value = (await store.get(session))?.value ?? '';
  await store.commit([{ kind: 'delete', key: session }]);
  let looks = 0;
  await write((view) => {
    looks += 1;
    const [placement] = view.placements;
    const nothing: Plan = { project: once.name, changes: [], unplaced: [], notes: [] };
    if (placement === undefined || looks > 1) return nothing;
    // It is back before the commit arrives, and may have started what is placed on it.
    void store.commit([{ kind: 'put', key: session, value }]);
    const { stopAfterMs: _told, ...rest } = placement;
    const moved = { ...rest, ...wanted, host: hostId('host-b') };
    const move = { kind: 'move', from: placement.host, placement: moved, reason: 'lost' } as const;
    return { ...nothing, changes: [move] };
  });
  expect(looks).toBe(2);
  const { placements } = await readView(store, never);
  expect(placements.map(({ host }) => host)).toEqual(['host-a']);
});

/** A host is back whenever something is to be written, and gone when it is looked at. */
class FlappingStore extends MemoryStore {
  override async commit(
    writes: Parameters<MemoryStore['commit']>[0],
    options?: Parameters<MemoryStore['commit']>[1],
  ): ReturnType<MemoryStore['commit']> {
    const key = keys.hostSession(hostId('host-a'));
    const isPlan = writes.some((write) => write.key.startsWith(keys.placements()));
    if (isPlan) await super.commit([{ kind: 'put', key, value: '{"v":1,"startedAtMs":0}' }]);
    return super.commit(writes, options);
  }

  override async snapshot(
    ...[prefixes, signal]: Parameters<MemoryStore['snapshot']>
  ): ReturnType<MemoryStore['snapshot']> {
    const isLook = prefixes.includes(keys.hosts());
    if (isLook) await super.commit([{ kind: 'delete', key: keys.hostSession(hostId('host-a')) }]);
    return super.snapshot(prefixes, signal);
  }
}

it('names the host that comes back again and again, and not another controller', async () => {
  const { etcd } = await storeWith('host-a', 'host-b');
  const store = new FlappingStore({ etcd });
  const once = project(service('db', { scheduling: { onPartition: { stopAfterMs: 30_000 } } }));
  const db = planProject(new FakeCluster('host-a').view, once, CONTEXT).changes.flatMap((change) =>
    change.kind === 'place' ? [change.placement] : [],
  );
  const moves = db.map((placement) => ({
    ...({ kind: 'move', from: placement.host, reason: 'lost' } as const),
    placement: { ...placement, host: hostId('host-b') },
  }));
  expect(moves).toHaveLength(1);
  const plan: Plan = { project: once.name, changes: moves, unplaced: [], notes: [] };
  const trying = lead(options(store), (leadership) =>
    commitPlan(store, leadership, () => plan, { signal: never, clock: systemClock }),
  );
  await expect(trying).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/^host-a came back while/) as string,
  });
});

it('writes nothing while a host is there that must be away', async () => {
  const { etcd } = await storeWith('host-a', 'host-b');
  const store = new FlappingStore({ etcd });
  const makePlan = (view: ClusterView): Plan => planProject(view, project(service('web')), CONTEXT);
  const away = [hostId('host-a')];
  const trying = lead(options(store), (leadership) =>
    commitPlan(store, leadership, makePlan, { signal: never, clock: systemClock, away }),
  );
  await expect(trying).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await readView(store, never)).placements).toEqual([]);
});

it('refuses what is too large for etcd before anything is written, and names the service', async () => {
  const store = await storeWith('host-a');
  const huge = containerOf({ environment: { LONG: 'x'.repeat(LIMITS.storedValueBytes) } });
  const wanted = project(service('small'), service('web', { container: huge }));
  await expect(
    lead(options(store), (leadership) =>
      commitPlan(store, leadership, (view) => planProject(view, wanted, CONTEXT), {
        signal: never,
        clock: systemClock,
      }),
    ),
  ).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(/^project shop takes 10\d+ bytes in etcd, more than/) as string,
    hint: expect.stringMatching(/largest service is web/) as string,
  });
  expect((await store.snapshot(['projects/', 'placements/'])).entries.size).toBe(0);
});

it('names the instance where the placement alone is too large', async () => {
  const store = await storeWith('host-a');
  const makePlan = (view: ClusterView): Plan => {
    const plan = planProject(view, project(service('web')), CONTEXT);
    const changes = plan.changes.flatMap((change) =>
      change.kind === 'place'
        ? { ...change, placement: { ...change.placement, reason: 'x'.repeat(1_100_000) } }
        : [],
    );
    return { ...plan, changes };
  };
  await expect(
    lead(options(store), (leadership) =>
      commitPlan(store, leadership, makePlan, { signal: never, clock: systemClock }),
    ),
  ).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(/^shop\.web\.1 of service web takes/) as string,
  });
});
