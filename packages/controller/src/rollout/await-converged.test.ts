import {
  keys,
  placementCodec,
  projectName,
  reportCodec,
  rolloutCodec,
  type Placement,
  type Report,
} from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { awaitConverged } from './await-converged.js';

const shop = projectName('shop');

async function applied(
  ...names: readonly string[]
): Promise<{ store: MemoryStore; placements: Placement[] }> {
  const cluster = new FakeCluster('host-a');
  const wanted = project(...names.map((name) => service(name)));
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  const store = new MemoryStore({ clock: systemClock });
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  const { entries } = await store.snapshot([keys.placements()]);
  const placements = [...entries.values()]
    .filter(({ key }) => !key.endsWith('/header'))
    .map(({ key, value }) => placementCodec.decode(value, key));
  return { store, placements };
}

async function report(
  store: MemoryStore,
  placement: Placement,
  status: Report['status'],
  message = '',
): Promise<void> {
  const { instance, host, specHash } = placement;
  const value = reportCodec.encode({
    instance,
    host,
    specHash,
    status,
    restarts: 0,
    message,
    atMs: 0,
  });
  await store.commit([{ kind: 'put', key: keys.report(instance), value }]);
}

const wait = (store: MemoryStore, timeoutMs: number, signal = new AbortController().signal) =>
  awaitConverged({
    ...{ store, timeoutMs, signal },
    project: shop,
    clock: systemClock,
    onProgress: () => undefined,
    advance: () => Promise.resolve(undefined),
  });

it('resolves when the last instance runs', async () => {
  const { store, placements } = await applied('web', 'db');
  const [db, web] = placements;
  const waiting = wait(store, 10_000);
  await report(store, db!, { state: 'running', health: 'none', startedAtMs: 1 });
  await report(store, web!, { state: 'completed', finishedAtMs: 1 });
  await expect(waiting).resolves.toHaveLength(2);
});

it('with no time at all it looks once', async () => {
  const { store, placements } = await applied('web');
  await expect(wait(store, 0)).rejects.toMatchObject({ details: { failed: [{}] } });
  await report(store, placements[0]!, { state: 'running', health: 'none', startedAtMs: 1 });
  await expect(wait(store, 0)).resolves.toHaveLength(1);
});

it('does not take a program for well that ends at once', async () => {
  const { store, placements } = await applied('web');
  const [web] = placements;
  const waiting = expect(wait(store, 60_000)).rejects.toMatchObject({ code: 'NOT_CONVERGED' });
  await report(store, web!, { state: 'running', health: 'none', startedAtMs: Date.now() });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await report(store, web!, { state: 'failed', cause: 'exited', exitCode: 3, attempts: 1 });
  await waiting;
}, 20_000);

it('gives up at its deadline, and says who is not there and how to go on', async () => {
  const { store } = await applied('web');
  await expect(wait(store, 100)).rejects.toMatchObject({
    code: 'NOT_CONVERGED',
    hint: expect.stringContaining('the agents go on') as string,
    details: {
      failed: [{ instance: 'shop.web.1', host: 'host-a', message: 'host-a has not reported yet' }],
    },
  });
});

it('does not wait for its deadline when nothing moves any more and an instance failed', async () => {
  const { store, placements } = await applied('web');
  await report(
    store,
    placements[0]!,
    { state: 'failed', cause: 'exited', attempts: 1 },
    'exit code 3',
  );
  await expect(wait(store, 60_000)).rejects.toMatchObject({
    message: 'shop does not converge: 1 of 1 instances failed',
    details: { failed: [{ instance: 'shop.web.1', host: 'host-a', message: 'exit code 3' }] },
  });
}, 20_000);

it('does not wait for the end of a rollout that waits for an instance that failed', async () => {
  const { store, placements } = await applied('web', 'db');
  const [db, web] = placements;
  const rollout = rolloutCodec.encode({ revision: 1, startedAtMs: 0 });
  await store.commit([{ kind: 'put', key: keys.projectRollout(shop), value: rollout }]);
  await report(store, db!, { state: 'failed', cause: 'exited', attempts: 1 });
  await report(store, web!, { state: 'pending' }, 'waits for db to be started (0 of 1)');
  await expect(wait(store, 60_000)).rejects.toMatchObject({
    message: 'shop does not converge: 1 of 2 instances failed',
  });
}, 20_000);

it('tells of a rollout that stands still what the program of the one that failed wrote', async () => {
  const { store, placements } = await applied('web');
  const paused = 'shop.web.1 failed: it ended with 3';
  const rollout = rolloutCodec.encode({ revision: 1, startedAtMs: 0, paused });
  await store.commit([{ kind: 'put', key: keys.projectRollout(shop), value: rollout }]);
  const message = 'it ended with 3; its last lines:\nno config';
  await report(store, placements[0]!, { state: 'failed', cause: 'exited', attempts: 1 }, message);
  await expect(wait(store, 60_000)).rejects.toMatchObject({
    message: `the rollout of shop stands still: ${paused}`,
    details: { failed: [{ instance: 'shop.web.1', host: 'host-a', message }] },
  });
});

it('is told when somebody else takes the project down meanwhile', async () => {
  const { store } = await applied('web');
  const waiting = wait(store, 10_000);
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'CONFLICT' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await store.commit([{ kind: 'delete', key: keys.projectSpec(shop) }]);
  await outcome;
});

it('ends at once when it is interrupted', async () => {
  const { store } = await applied('web');
  const stop = new AbortController();
  const outcome = expect(wait(store, 60_000, stop.signal)).rejects.toThrow('interrupted');
  stop.abort(new Error('interrupted'));
  await outcome;
});
