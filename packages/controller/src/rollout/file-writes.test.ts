import { createHash } from 'node:crypto';
import { fileDigest, keys, projectName, type FileDigest, type Project } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import { MemoryStore } from '@nap/shared/testing';
import { planDown } from '../plan/plan-down.js';
import { planProject } from '../plan/plan-project.js';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { commitPlan } from './commit-plan.js';
import type { Contents } from './file-writes.js';
import { lead } from './lead.js';

const { signal } = new AbortController();
const shop = projectName('shop');

const digestOf = (text: string): FileDigest =>
  fileDigest(createHash('sha256').update(text).digest('hex'));
const contentsOf = (...texts: readonly string[]): Contents =>
  new Map(texts.map((text) => [digestOf(text), Buffer.from(text).toString('base64')]));

const withFile = (text: string, replicas = 1): Project =>
  project(
    service('web', {
      replicas,
      container: containerOf({
        files: [
          {
            kind: 'secret',
            target: '/run/secrets/key',
            digest: digestOf(text),
            uid: 0,
            gid: 0,
            mode: 0o400,
          },
        ],
      }),
    }),
  );

async function storeWith(...hosts: readonly string[]): Promise<MemoryStore> {
  const store = new MemoryStore({ clock: systemClock });
  await store.commit(
    [...new FakeCluster(...hosts).entries].map(([key, value]) => ({ kind: 'put', key, value })),
  );
  return store;
}

async function commit(
  store: MemoryStore,
  makePlan: (view: ClusterView) => Plan,
  contents?: Contents,
): Promise<void> {
  await lead(
    {
      store,
      clock: systemClock,
      identity: 'alice',
      waitMs: 1_000,
      onWaiting: () => undefined,
      signal,
    },
    (leadership) =>
      commitPlan(store, leadership, makePlan, {
        signal,
        clock: systemClock,
        ...(contents === undefined ? {} : { contents }),
      }),
  );
}

const apply = (store: MemoryStore, wanted: Project, contents?: Contents): Promise<void> =>
  commit(
    store,
    (view) => planProject(view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }),
    contents,
  );

const fileKeys = async (store: MemoryStore): Promise<readonly string[]> =>
  [...(await store.keys([keys.contents(), keys.hostFiles()]))].sort();

it('stores a file for the project, and for each host that runs an instance with it', async () => {
  const store = await storeWith('host-a', 'host-b', 'host-c');
  await apply(store, withFile('one', 2), contentsOf('one'));
  expect(await fileKeys(store)).toEqual([
    `contents/shop/${digestOf('one')}`,
    `files/host-a/${digestOf('one')}`,
    `files/host-b/${digestOf('one')}`,
  ]);
});

it('brings it to a further host from what etcd holds', async () => {
  const store = await storeWith('host-a', 'host-b');
  await apply(store, withFile('one'), contentsOf('one'));
  await apply(store, withFile('one', 2));
  expect(await fileKeys(store)).toContain(`files/host-b/${digestOf('one')}`);
});

it('leaves a host what its placements name and nothing else, and the project what its revisions name', async () => {
  const store = await storeWith('host-a');
  await apply(store, withFile('one'), contentsOf('one'));
  await apply(store, withFile('two'), contentsOf('two'));
  expect(await fileKeys(store)).toEqual(
    [
      `contents/shop/${digestOf('one')}`,
      `contents/shop/${digestOf('two')}`,
      `files/host-a/${digestOf('two')}`,
    ].sort(),
  );
});

it('says that a content is nowhere, before anything is written', async () => {
  const store = await storeWith('host-a');
  await expect(apply(store, withFile('one'))).rejects.toMatchObject({ code: 'BAD_VALUE' });
  expect((await store.snapshot([keys.placements(), keys.projects()])).entries.size).toBe(0);
});

it('leaves nothing behind when the project is taken down, and touches no other project’s', async () => {
  const store = await storeWith('host-a');
  const other = { ...withFile('two'), name: projectName('blog') };
  await apply(store, withFile('one'), contentsOf('one'));
  await apply(store, other, contentsOf('two'));
  await commit(store, (view) => planDown(view, shop, { removeVolumes: false, nowMs: 1 }));
  expect(await fileKeys(store)).toEqual([
    `contents/blog/${digestOf('two')}`,
    `files/host-a/${digestOf('two')}`,
  ]);
});
