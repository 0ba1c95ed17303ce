import { hostId, keys, NapError } from '@nap/shared';
import { silentLog, type Log } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { ManualClock, MemoryEtcd, MemoryStore, seededRandom, settle } from '@nap/shared/testing';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { createFailover } from './failover.js';

const { signal } = new AbortController();
const NOTHING_MOVED = 'nothing is moved';

/** A daemon on one clock, with what it warns of: `db` may run on host-a only, `web` anywhere. */
async function bed() {
  const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
  const wanted = project(
    service('db', {
      scheduling: { constraints: [{ key: 'node.hostname', operator: '==', value: 'host-a' }] },
    }),
    service('web', { replicas: 3 }),
  );
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  const clock = new ManualClock();
  const etcd = new MemoryEtcd(clock);
  const store = new MemoryStore({ etcd });
  await store.commit([...cluster.entries].map(([key, value]) => ({ kind: 'put', key, value })));
  const infos: unknown[] = [];
  const warnings: { readonly message: string; readonly about: unknown }[] = [];
  const log: Log = {
    ...silentLog,
    info: (message, fields) => infos.push([message, fields?.['host']]),
    warn: (message, fields) => {
      warnings.push({ message, about: fields?.['about'] ?? fields?.['host'] });
    },
  };
  const mine = new MemoryStore({ etcd, random: seededRandom(2) });
  const daemonOf = (its: Store = mine) =>
    createFailover({
      ...{ store: its, identity: 'one', leaseTtlS: 10, clock, log, random: () => 0.5 },
      policy: { graceMs: 0, brakeShare: 0.5 },
    });
  const leave = async (host: string): Promise<() => Promise<void>> => {
    const key = keys.hostSession(hostId(host));
    const value = (await store.get(key))?.value ?? '';
    await store.commit([{ kind: 'delete', key }]);
    await clock.advance(2_000);
    return async () => {
      await store.commit([{ kind: 'put', key, value }]);
      await clock.advance(2_000);
    };
  };
  const told = (): readonly unknown[] =>
    warnings.filter(({ message }) => message === NOTHING_MOVED).map(({ about }) => about);
  const isActive = async (): Promise<boolean> => (await store.get(keys.daemon())) !== undefined;
  return { clock, store, mine, infos, warnings, daemonOf, leave, told, isActive };
}

async function stopped(daemon: { stop(): Promise<void> }, clock: ManualClock): Promise<void> {
  await Promise.all([daemon.stop(), clock.advance(1_000)]);
}

it('what fits nowhere is told once, however often it is looked at, and again when it happens again', async () => {
  const { clock, daemonOf, leave, told } = await bed();
  const daemon = daemonOf();
  await daemon.start(signal);
  await clock.advance(1_000);
  const comeBack = await leave('host-a');
  await clock.advance(100_000);
  expect(told()).toEqual(['shop.db.1']);
  await comeBack();
  await leave('host-a');
  expect(told()).toEqual(['shop.db.1', 'shop.db.1']);
  await stopped(daemon, clock);
});

it('a brake is told once for as long as it holds, and again when it holds again', async () => {
  const { clock, daemonOf, leave, told } = await bed();
  const daemon = daemonOf();
  await daemon.start(signal);
  await clock.advance(1_000);
  await leave('host-b');
  const comeBack = await leave('host-c');
  await clock.advance(100_000);
  expect(told()).toEqual(['brake']);
  await comeBack();
  await leave('host-c');
  expect(told()).toEqual(['brake', 'brake']);
  await stopped(daemon, clock);
});

it('a host that is back is told, and one that an operator removes while it is away is not back', async () => {
  const { clock, store, infos, daemonOf, leave } = await bed();
  const daemon = daemonOf();
  await daemon.start(signal);
  await clock.advance(1_000);
  const ofHosts = (): readonly unknown[] =>
    infos.splice(0).filter((it) => String(it).startsWith('host '));
  const comeBack = await leave('host-b');
  await comeBack();
  expect(ofHosts()).toEqual([['host is back', 'host-b']]);
  await leave('host-c');
  await store.commit([{ kind: 'delete', key: keys.hostInfo(hostId('host-c')) }]);
  await clock.advance(2_000);
  expect(ofHosts()).toEqual([['host was removed', 'host-c']]);
  await stopped(daemon, clock);
});

it('comes up before etcd does, and says what it waits for', async () => {
  const { clock, mine, warnings, daemonOf, isActive } = await bed();
  const daemon = daemonOf();
  mine.disconnect();
  const starting = daemon.start(signal);
  await clock.advance(20_000);
  expect(warnings.map(({ message }) => message)).toContain(
    'etcd gives no lease: it is asked again',
  );
  // Half a minute of an etcd that is away is not thousands of calls.
  expect(warnings.length).toBeLessThan(20);
  mine.reconnect();
  await clock.advance(10_000);
  await starting;
  await clock.advance(1_000);
  expect(await isActive()).toBe(true);
  await stopped(daemon, clock);
});

it('ends at once when etcd refuses what does not pass by itself, or when told to end', async () => {
  const { clock, mine, daemonOf } = await bed();
  const refusing = (err: Error): Store =>
    Object.create(mine, { session: { value: () => Promise.reject(err) } }) as Store;
  const refused = new NapError('ETCD_DENIED', 'refused');
  await expect(daemonOf(refusing(refused)).start(signal)).rejects.toBe(refused);
  const away = new NapError('ETCD_UNAVAILABLE', 'away');
  await expect(daemonOf(refusing(away)).start(AbortSignal.abort())).rejects.toBe(away);
  const ending = new AbortController();
  const starting = daemonOf(refusing(away)).start(ending.signal);
  const outcome = expect(starting).rejects.toBeDefined();
  await settle();
  ending.abort(new NapError('INTERRUPTED', 'ends'));
  await clock.advance(0);
  await outcome;
});
