import { keys, placementCodec, projectName, reportCodec, type Report } from '@nap/shared';
import type { MemoryStore } from '@nap/shared/testing';
import type { WaitGoal } from '../plan/wait-goal.js';
import { appliedStore } from '../testing/applied-store.js';
import { project, service } from '../testing/builders.js';
import { awaitGoal } from './await-goal.js';

const shop = projectName('shop');

async function report(store: MemoryStore, status: Report['status'], message = ''): Promise<void> {
  const { entries } = await store.snapshot([keys.placements()]);
  const [entry] = [...entries.values()].filter(({ key }) => !key.endsWith('/header'));
  const { instance, host, specHash } = placementCodec.decode(entry!.value, entry!.key);
  const value = reportCodec.encode({
    ...{ instance, host, specHash, status, message },
    ...{ restarts: 0, atMs: 0 },
  });
  await store.commit([{ kind: 'put', key: keys.report(instance), value }]);
}

const wait = (
  store: MemoryStore,
  kind: WaitGoal['kind'] & ('exited' | 'running'),
  timeoutMs: number,
  signal = new AbortController().signal,
) =>
  awaitGoal({
    ...{ store, timeoutMs, signal, goal: { kind } },
    scope: { project: shop },
    onState: () => undefined,
  });

it('ends when the program has ended for good, not while it is tried again', async () => {
  const { store } = await appliedStore(project(service('web')));
  const waiting = wait(store, 'exited', 10_000);
  const failed = { state: 'failed', cause: 'exited', exitCode: 3, attempts: 1 } as const;
  await report(store, { ...failed, retryAtMs: 5 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await report(store, failed);
  await expect(waiting).resolves.toMatchObject({ ended: [{ exitCode: 3 }] });
});

it('at its deadline says who is not there, and why', async () => {
  const { store } = await appliedStore(project(service('web')));
  await report(store, { state: 'pulling' }, 'pulling busybox');
  await expect(wait(store, 'running', 200)).rejects.toMatchObject({
    code: 'NOT_CONVERGED',
    message: 'shop is not running within 0 s: 1 of 1 instances',
    details: {
      failed: [{ instance: 'shop.web.1', host: 'host-a', message: 'pulling busybox' }],
    },
  });
});

it('with no time at all it looks once', async () => {
  const { store } = await appliedStore(project(service('web')));
  await expect(wait(store, 'running', 0)).rejects.toMatchObject({ details: { failed: [{}] } });
  await report(store, { state: 'running', health: 'none', startedAtMs: 1 });
  await expect(wait(store, 'running', 0)).resolves.toMatchObject({ isReached: true });
});

it('does not wait for what can never be', async () => {
  const { store } = await appliedStore(project(service('web')));
  await report(store, { state: 'failed', cause: 'image-not-found', attempts: 1 }, 'no such image');
  await expect(wait(store, 'running', 60_000)).rejects.toMatchObject({
    code: 'NOT_CONVERGED',
    details: { failed: [{ message: 'no such image' }] },
  });
});

it('is told when the project is taken down, and ends at once when it is interrupted', async () => {
  const { store } = await appliedStore(project(service('web')));
  const outcome = expect(wait(store, 'running', 10_000)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  const stop = new AbortController();
  const interrupted = expect(wait(store, 'running', 10_000, stop.signal)).rejects.toThrow('enough');
  stop.abort(new Error('enough'));
  await interrupted;
  await store.commit([{ kind: 'delete', key: keys.projectSpec(shop) }]);
  await outcome;
});
