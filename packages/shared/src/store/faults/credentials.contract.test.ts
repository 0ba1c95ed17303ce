import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import {
  type Certificates,
  type EtcdCluster,
  eventually,
  leased,
  makeCertificates,
  put,
  startEtcd,
} from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import type { Store, StoreOptions } from '../store.js';

const ROOT = '/secure/';
/** Seconds after which etcd forgets a token that nobody uses. */
const TOKEN_TTL_S = 2;

/** May read and write under the root, and nothing else. */
async function addUser(cluster: EtcdCluster, name: string, as?: string): Promise<void> {
  await cluster.ctl(['user', 'add', `${name}:secret`], as);
  await cluster.ctl(['role', 'add', name], as);
  await cluster.ctl(['role', 'grant-permission', name, '--prefix=true', 'readwrite', ROOT], as);
  await cluster.ctl(['user', 'grant-role', name, name], as);
}

async function enableAuth(cluster: EtcdCluster, as?: string): Promise<void> {
  await cluster.ctl(['user', 'add', 'root:root'], as);
  await cluster.ctl(['user', 'grant-role', 'root', 'root'], as);
  await cluster.ctl(['auth', 'enable'], as);
}

async function expectToWork(store: Store, key: string): Promise<void> {
  const mirror = store.mirror('m/');
  await mirror.whenFresh(AbortSignal.timeout(20_000));
  const session = await store.session({ ttlS: 5 });
  await store.commit([put(`m/${key}`), leased(`m/${key}-leased`)], { session });
  await eventually(
    () => mirror.entries.has(`m/${key}`) && mirror.entries.has(`m/${key}-leased`),
    10_000,
  );
  await session.close();
  await eventually(() => !mirror.entries.has(`m/${key}-leased`), 10_000);
  await mirror.close();
}

describe('etcd with TLS and client certificates', () => {
  jest.setTimeout(60_000);
  let directory: string;
  let certificates: Certificates;
  let strangers: Certificates;
  let cluster: EtcdCluster;
  let stores: Store[] = [];

  const open = (tls: StoreOptions['tls'], more: Partial<StoreOptions> = {}): Store => {
    const endpoints = cluster.endpoints;
    const store = openStore({ endpoints, root: ROOT, ...(tls && { tls }), ...more });
    stores.push(store);
    return store;
  };
  const ofClient = (name: string): NonNullable<StoreOptions['tls']> => {
    const { cert, key } = certificates.client(name);
    return { ca: certificates.ca, cert, key };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nap-certificates-'));
    certificates = await makeCertificates(directory, ['root', 'agent', 'nobody']);
    const elsewhere = await mkdtemp(join(directory, 'strangers-'));
    strangers = await makeCertificates(elsewhere, ['agent']);
    cluster = await startEtcd({ certificates });
    await addUser(cluster, 'agent', 'root');
    await enableAuth(cluster, 'root');
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
  });
  afterAll(async () => {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('the common name of the certificate is the user', async () => {
    await expectToWork(open(ofClient('agent')), 'by-certificate');
  });

  test('a restart of etcd is survived by mirror and session', async () => {
    const store = open(ofClient('agent'));
    const mirror = store.mirror('m/');
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    const session = await store.session({ ttlS: 10 });
    const { leaseId } = session;
    // It may be stale and fresh again before the restart is over.
    let wasStale = false;
    mirror.onChange(() => {
      wasStale ||= !mirror.isFresh;
    });
    await cluster.first.restart();
    await eventually(() => wasStale, 10_000);
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    await store.commit([put('m/after-restart')]);
    await eventually(() => mirror.entries.has('m/after-restart'), 10_000);
    await eventually(() => session.isValid(), 20_000);
    expect(session.leaseId).toBe(leaseId);
  });

  test('a key outside the role is ETCD_DENIED', async () => {
    const store = open(ofClient('agent'), { root: '/elsewhere/' });
    await expect(store.commit([put('a')])).rejects.toMatchObject({
      code: 'ETCD_DENIED',
      message: expect.stringContaining('permission denied') as string,
    });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ETCD_DENIED' });
    const mirror = store.mirror('m/');
    await eventually(() => mirror.problem?.code === 'ETCD_DENIED', 10_000);
    expect(mirror.isFresh).toBe(false);
  });

  test('one denied mirror does not disturb the others', async () => {
    const store = open(ofClient('agent'));
    const good = store.mirror('m/');
    await good.whenFresh(AbortSignal.timeout(20_000));
    const denied = open(ofClient('agent'), { root: '/elsewhere/' }).mirror('m/');
    await eventually(() => denied.problem !== undefined, 10_000);
    await store.commit([put('m/undisturbed')]);
    await eventually(() => good.entries.has('m/undisturbed'), 10_000);
  });

  test('a user without a role is ETCD_DENIED', async () => {
    await expect(open(ofClient('nobody')).get('a')).rejects.toMatchObject({ code: 'ETCD_DENIED' });
  });

  test('a server of an unknown authority is refused, and the hint says where to look', async () => {
    const { cert, key } = certificates.client('agent');
    const store = open({ ca: strangers.ca, cert, key });
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'ETCD_DENIED',
      hint: 'check the certificate authority, client certificate and host name',
    });
  });

  test('a client without a certificate, or with a foreign one, gets nowhere', async () => {
    const { cert, key } = strangers.client('agent');
    for (const tls of [{ ca: certificates.ca }, { ca: certificates.ca, cert, key }]) {
      const reading = open(tls).get('a');
      await expect(reading).rejects.toMatchObject({ name: 'NapError' });
      const err: unknown = await reading.catch((caught: unknown) => caught);
      expect(['ETCD_DENIED', 'ETCD_UNAVAILABLE']).toContain((err as { code: string }).code);
    }
  });
});

describe('etcd with user and password', () => {
  jest.setTimeout(60_000);
  let cluster: EtcdCluster;
  let stores: Store[] = [];
  const user = { name: 'agent', password: 'secret' };

  const open = (more: Partial<StoreOptions> = {}): Store => {
    const store = openStore({ endpoints: cluster.endpoints, root: ROOT, user, ...more });
    stores.push(store);
    return store;
  };

  beforeAll(async () => {
    cluster = await startEtcd({ flags: ['--auth-token-ttl', String(TOKEN_TTL_S)] });
    await addUser(cluster, 'agent');
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
  });
  afterAll(async () => {
    await cluster.close();
  });

  test('a user may be configured before authentication is enabled, and needs no restart then', async () => {
    const store = open();
    const mirror = store.mirror('m/');
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    await enableAuth(cluster);
    await store.commit([put('m/enabled')]);
    await eventually(() => mirror.entries.has('m/enabled'), 10_000);
    await expectToWork(store, 'by-password');
  });

  test('a wrong password is ETCD_DENIED, with words and without the password', async () => {
    const store = open({ user: { name: 'agent', password: 'hunter2' } });
    const err: unknown = await store.get('a').catch((caught: unknown) => caught);
    expect(err).toMatchObject({
      code: 'ETCD_DENIED',
      message: expect.stringContaining('authentication failed') as string,
      hint: 'check the user, its password or certificate, and the rights of its role',
    });
    expect(JSON.stringify(err)).not.toContain('hunter2');
    const mirror = store.mirror('m/');
    await eventually(() => mirror.problem?.code === 'ETCD_DENIED', 10_000);
  });

  test('no user at all is ETCD_DENIED', async () => {
    const store = openStore({ endpoints: cluster.endpoints, root: ROOT });
    stores.push(store);
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'ETCD_DENIED',
      message: expect.stringContaining('user name is empty') as string,
    });
  });

  test('calls and streams go on when etcd has forgotten the token', async () => {
    const store = open();
    const mirror = store.mirror('m/');
    const session = await store.session({ ttlS: 10 });
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    const idleSinceMs = systemClock.monotonicMs();
    await eventually(() => systemClock.monotonicMs() - idleSinceMs > 4_000 * TOKEN_TTL_S, 20_000);
    await store.commit([put('m/after-expiry')]);
    await eventually(() => mirror.entries.has('m/after-expiry'), 10_000);
    const second = store.mirror('m/');
    await second.whenFresh(AbortSignal.timeout(20_000));
    expect(session.isValid()).toBe(true);
  });

  test('a restart of etcd, which forgets all tokens, is survived by calls, mirror and session', async () => {
    const store = open();
    const mirror = store.mirror('m/');
    await mirror.whenFresh(AbortSignal.timeout(20_000));
    const session = await store.session({ ttlS: 10 });
    for (let restart = 0; restart < 2; restart += 1) {
      await cluster.first.restart();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => store.get(`m/${index}`)),
      );
      expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
      await mirror.whenFresh(AbortSignal.timeout(20_000));
      const key = `m/restart-${restart}`;
      await store.commit([put(key)]);
      await eventually(() => mirror.entries.has(key), 10_000);
      await eventually(() => session.isValid(), 10_000);
    }
  });

  test('a web proxy in the environment is not for the password either', async () => {
    const before = { ...process.env };
    try {
      process.env['http_proxy'] = 'http://127.0.0.1:1';
      delete process.env['no_proxy'];
      await expectToWork(open(), 'past-the-proxy');
    } finally {
      process.env = before;
    }
  });
});
