import { keys, projectName, reportCodec, type Placement, type ServiceSpec } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { noStreams } from '../testing/streams.js';
import { commitAsLeader, waitConverged, type Committed } from './carry-out.js';
import type { CommandContext } from './context.js';

const shop = projectName('shop');
const { signal } = new AbortController();
const context: CommandContext = {
  ...{ out: () => undefined, err: () => undefined, readStdin: () => Promise.resolve('') },
  ...{ streams: noStreams(), signal, clock: systemClock, env: {}, cwd: '/', user: 'alice' },
};

const web = (version: string): ServiceSpec =>
  service('web', {
    replicas: 2,
    container: containerOf({ environment: { V: version } }),
    update: { failureAction: 'rollback' },
  });

let store: MemoryStore;

const apply = (version: string, noRollback = false): Promise<Committed> =>
  commitAsLeader(
    context,
    store,
    { progress: 'quiet', noRollback },
    {
      project: shop,
      makePlan: (view: ClusterView): Plan =>
        planProject(view, project(web(version)), { appliedBy: 'alice', files: [], nowMs: 1 }),
    },
  );

async function report({ instance, host, specHash, spec }: Placement): Promise<void> {
  const value = reportCodec.encode({
    ...{ instance, host, specHash, restarts: 0, message: '', atMs: 0 },
    status:
      spec.environment['V'] === 'bad'
        ? { state: 'failed', cause: 'exited', exitCode: 9, attempts: 1 }
        : { state: 'running', health: 'none', startedAtMs: 1 },
  });
  await store.commit([{ kind: 'put', key: keys.report(instance), value }]);
}

/** The agents do what is wanted by now. */
async function agents(): Promise<void> {
  const { placements } = await readView(store, signal, { project: shop });
  for (const placement of placements) await report(placement);
}

const wait = (committed: Committed, detach = false): Promise<void> =>
  waitConverged(context, store, shop, { progress: 'quiet', timeout: 10, detach }, committed);

const ROLLED_BACK = {
  code: 'NOT_CONVERGED',
  message: 'revision 2 of shop was rolled back: shop.web.1 failed: ; revision 1 is back',
};

/** One that fails is rolled out, and who did so has gone: nobody has seen it fail. */
beforeEach(async () => {
  const { entries } = new FakeCluster('host-a');
  store = new MemoryStore({ clock: systemClock });
  await store.commit([...entries].map(([key, value]) => ({ kind: 'put', key, value })));
  await apply('good');
  await agents();
  await apply('good');
  await apply('bad');
  await agents();
});

it.each([false, true])(
  'tells of a rollback that is the first it commits; detached: %s',
  async (detach) => {
    const committed = await apply('bad');
    expect(committed.revision).toBe(2);
    const stored = (await readView(store, signal, { project: shop })).projects.get(shop);
    expect(stored).toMatchObject({ revision: 3, rollback: { of: 2, to: 1 } });
    await agents();
    await expect(wait(committed, detach)).rejects.toMatchObject(ROLLED_BACK);
  },
);

it('waits for what it has brought back, where that was asked for', async () => {
  await apply('bad');
  await agents();
  const committed = await apply('good');
  expect(committed.revision).toBe(3);
  await expect(wait(committed)).resolves.toBeUndefined();
});

it('tells of somebody else who was there between the commit and the waiting', async () => {
  const committed = await apply('better');
  await apply('good');
  await expect(wait(committed)).rejects.toMatchObject({ code: 'CONFLICT' });
});

describe('detached, with nobody else there', () => {
  const said: string[] = [];
  const listening = { ...context, err: (line: string) => said.push(line) };
  const better = async (): Promise<Committed> => {
    await apply('bad');
    await agents();
    await waitConverged(context, store, shop, { progress: 'quiet', timeout: 10 });
    return apply('better');
  };
  const rollouts = async () => (await readView(store, signal, { project: shop })).rollouts;
  const versions = async () =>
    (await readView(store, signal, { project: shop })).placements.map(
      ({ spec }) => spec.environment['V'],
    );

  it('goes on until all is replaced, and leaves it to others how the last one is', async () => {
    const committed = await better();
    expect(await versions()).toEqual(['better', 'good']);
    await agents();
    const args = { progress: 'plain', timeout: 10, detach: true };
    await waitConverged(listening, store, shop, args, committed);
    expect(await versions()).toEqual(['better', 'better']);
    expect([...(await rollouts()).values()]).toMatchObject([{ revision: 4, from: 3 }]);
    expect(said.at(-1)).toMatch(/^note: nobody watches the last ones .* wait -p shop /);
    await agents();
    await waitConverged(listening, store, shop, { progress: 'plain', timeout: 10 });
    expect(said).toContain('rollout of shop: is over');
    expect((await rollouts()).size).toBe(0);
  });
});
