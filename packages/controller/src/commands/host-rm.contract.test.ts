import {
  hostId,
  hostSessionCodec,
  keys,
  projectName,
  volumeHomeCodec,
  type Project,
} from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { openStore, type Store } from '@nap/shared/store';
import { eventually } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import { readView } from '../rollout/read-view.js';
import { FakeCluster, mounting, project, service } from '../testing/builders.js';
import { CliBed } from '../testing/cli-bed.js';
import { runCommand } from '../testing/command-context.js';

const { signal } = new AbortController();
const a = hostId('host-a');
const session = keys.hostSession(a);
const web = project(service('web'));
const once = project(service('db', { scheduling: { onPartition: { stopAfterMs: 30_000 } } }));

let bed: CliBed;
let store: Store;
beforeEach(async () => {
  bed = await CliBed.open();
  store = openStore({ endpoints: bed.cluster.endpoints, log: silentLog });
});
afterEach(async () => {
  await store.close();
  await bed.close();
});

/** Two hosts, and the project on them: its first instance is on host-a, which is away. */
async function fill(wanted: Project): Promise<void> {
  const cluster = new FakeCluster('host-a', 'host-b');
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  cluster.lose('host-a');
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
}

async function places(): Promise<readonly string[]> {
  const { placements } = await readView(store, signal);
  return placements.map(({ instance, host }) => `${instance} ${host}`);
}

const isKnown = async (): Promise<boolean> => (await readView(store, signal)).hosts.has(a);

it('forgets a host, and places elsewhere what it ran', async () => {
  await fill(web);
  expect(await bed.run('host', 'rm', 'host-a')).toMatchObject({ exit: 0 });
  expect(await places()).toEqual(['shop.web.1 host-b']);
  expect(await isKnown()).toBe(false);
});

it('leaves nothing of what is global: nobody would ever report it again', async () => {
  const cluster = new FakeCluster('host-a', 'host-b');
  const wanted = project(service('web', { mode: 'global' }));
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  for (const it of cluster.view.placements) {
    cluster.report(it, { state: 'running', health: 'none', startedAtMs: 0 });
  }
  cluster.lose('host-a');
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  expect(await bed.run('host', 'rm', 'host-a')).toMatchObject({ exit: 0 });
  const { reports } = await readView(store, signal);
  expect([...reports.values()].map(({ host }) => host)).toEqual(['host-b']);
});

it('refuses while what must not run twice may still run there, until somebody has looked', async () => {
  await fill(once);
  for (const more of [[], ['--plan']]) {
    const refused = await bed.run('host', 'rm', 'host-a', ...more);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain('shop.db.1 must not run twice');
    expect(refused.err).toContain('--host-is-off');
  }
  expect(await places()).toEqual(['shop.db.1 host-a']);
  expect(await bed.run('host', 'rm', 'host-a', '--host-is-off')).toMatchObject({ exit: 0 });
  expect(await places()).toEqual(['shop.db.1 host-b']);
});

it.each([
  [
    'has come back',
    { key: session, value: hostSessionCodec.encode({ startedAtMs: 9 }) },
    'host-a is alive',
  ],
  [
    'has got data',
    {
      key: keys.volume('shop_data'),
      value: volumeHomeCodec.encode({ host: a, project: projectName('shop') }),
    },
    'host-a holds data: shop_data',
  ],
])(
  'forgets no host that %s while another controller was at work',
  async (_what, entry, sentence) => {
    await fill(web);
    const held = await store.session({ ttlS: 10 }, signal);
    const other = store.leadership({ key: keys.leader(), identity: 'bob@ops2', session: held });
    await other.whenLeading(signal);
    const said: string[] = [];
    const env = { NAP_ETCD: bed.cluster.endpoints.join(',') };
    const removing = runCommand(['host', 'rm', 'host-a'], { env, err: (it) => said.push(it) });
    await eventually(() => said.join().includes('waiting for it'), 10_000, 'it waits for bob');
    await store.commit([{ kind: 'put', ...entry }]);
    await other.close();
    await held.close();
    expect((await removing).err).toContain(sentence);
    expect(await isKnown()).toBe(true);
    expect(await places()).toEqual(['shop.web.1 host-a']);
    expect((await store.get(entry.key))?.value).toBe(entry.value);
  },
  30_000,
);

it('gives up data where that is said', async () => {
  await fill(project(service('db', mounting('shop_data'))));
  expect((await bed.run('host', 'rm', 'host-a')).err).toContain('host-a holds data: shop_data');
  expect(await bed.run('host', 'rm', 'host-a', '--forget-volumes')).toMatchObject({ exit: 0 });
  expect(await places()).toEqual(['shop.db.1 host-b']);
});
