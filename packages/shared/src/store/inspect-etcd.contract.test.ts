import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { makeCertificates } from '../testing/etcd-process-certificates.js';
import { startEtcd, type EtcdCluster } from '../testing/etcd-process.js';
import { openStore } from './etcd-store.js';
import { inspectEtcd, type EtcdInspector } from './inspect-etcd.js';

/** What a real etcd says of itself. */

jest.setTimeout(90_000);

let cluster: EtcdCluster;
let inspector: EtcdInspector;
afterEach(async () => {
  inspector.close();
  await cluster.close();
});

it('one member: its size, quota, leader, revisions and how fast it answers', async () => {
  cluster = await startEtcd({ flags: ['--quota-backend-bytes=104857600', '--enable-v2=true'] });
  inspector = inspectEtcd({ endpoints: cluster.endpoints });
  await cluster.ctl(['put', '/nap/v1/a', 'b']);
  await cluster.ctl(['compact', '2']);
  const { members, alarms, strangers } = await inspector.state();
  expect({ alarms, strangers }).toEqual({ alarms: [], strangers: [] });
  expect(members).toHaveLength(1);
  const [only] = members;
  expect(only).toMatchObject({
    status: {
      endpoint: cluster.first.endpoint,
      version: expect.stringMatching(/^3\./) as string,
      quotaBytes: 104_857_600,
      compactedRevision: 2,
      revision: 2,
      leaderId: only?.id,
      isLearner: false,
      errors: [],
      clockAheadMs: 0,
    },
  });
  expect(only?.status?.dbBytes).toBeGreaterThan(0);
  expect(only?.status?.dbInUseBytes).toBeGreaterThan(0);
  expect(only?.status?.latencyMs).toBeLessThan(1_500);
  const flannel = inspectEtcd({ endpoints: cluster.endpoints, root: '/coreos.com/network' });
  await expect(flannel.valueOfOldApi('config')).resolves.toBeUndefined();
  const url = `${cluster.first.endpoint}/v2/keys/coreos.com/network/config`;
  await fetch(url, {
    method: 'PUT',
    body: new URLSearchParams({ value: '{"Network":"10.4/16"}' }),
  });
  await expect(flannel.valueOfOldApi('config')).resolves.toBe('{"Network":"10.4/16"}');
  flannel.close();
});

it('an alarm is told, and a store that has no space left', async () => {
  cluster = await startEtcd({ flags: ['--quota-backend-bytes=65536'] });
  inspector = inspectEtcd({ endpoints: cluster.endpoints });
  const big = 'x'.repeat(60_000);
  await cluster.ctl(['put', '/nap/v1/a', big]).catch(() => undefined);
  await cluster.ctl(['put', '/nap/v1/b', big]).catch(() => undefined);
  await eventually(async () => {
    const { alarms, members } = await inspector.state();
    expect(alarms).toEqual([{ memberId: members[0]?.id, kind: 'NOSPACE' }]);
  }, 10_000);
});

it('keys under leases are told with what is left of them', async () => {
  cluster = await startEtcd();
  const store = openStore({ endpoints: cluster.endpoints });
  inspector = inspectEtcd({ endpoints: cluster.endpoints });
  const session = await store.session({ ttlS: 30 });
  await store.commit([{ kind: 'put', key: 'hosts/a', value: 'x', leased: true }], { session });
  await store.commit([{ kind: 'put', key: 'hosts/b', value: 'y' }]);
  const [leased, kept] = await inspector.leases('hosts/');
  expect(leased).toMatchObject({ key: 'hosts/a', value: 'x', lease: { grantedTtlS: 30 } });
  expect(leased?.lease?.ttlS).toBeGreaterThan(20);
  expect(kept).toEqual({ key: 'hosts/b', value: 'y' });
  await store.close();
});

it('three members: all are asked, also those that are not configured, and one that is down is named', async () => {
  cluster = await startEtcd({ members: 3 });
  inspector = inspectEtcd({ endpoints: [cluster.first.endpoint] });
  const all = await inspector.state();
  expect(all.members.map(({ name }) => name).sort()).toEqual(['m0', 'm1', 'm2']);
  expect(all.members.every(({ status }) => status !== undefined)).toBe(true);
  expect(new Set(all.members.map(({ status }) => status?.leaderId)).size).toBe(1);
  const down = cluster.member(1);
  await down.kill();
  const some = await inspector.state();
  const state = some.members.find(({ name }) => name === down.name);
  expect(state).not.toHaveProperty('status');
  expect(state?.problem).toMatch(/ECONNREFUSED|No connection|no answer within/i);
  inspector.close();
  inspector = inspectEtcd({ endpoints: [cluster.first.endpoint, down.endpoint] });
  expect((await inspector.state()).strangers).toMatchObject([{ endpoint: down.endpoint }]);
});

it('without a majority it says so, of whom it reaches and whom not', async () => {
  cluster = await startEtcd({ members: 3 });
  inspector = inspectEtcd({ endpoints: cluster.endpoints });
  await Promise.all([cluster.member(1).kill(), cluster.member(2).kill()]);
  const left = cluster.first.endpoint;
  await eventually(async () => {
    const { members } = await inspector.state();
    const statuses = members.flatMap(({ status }) => status ?? []);
    expect(statuses.map(({ endpoint, leaderId }) => [endpoint, leaderId])).toEqual([
      [left, undefined],
    ]);
    expect(members.filter(({ problem }) => problem !== undefined)).toHaveLength(2);
  }, 30_000);
});

it('with client certificates its metrics are read too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nap-inspect-'));
  const certificates = await makeCertificates(directory, ['operator']);
  cluster = await startEtcd({ certificates });
  const { certFile, keyFile } = certificates.client('operator');
  inspector = inspectEtcd({
    endpoints: cluster.endpoints,
    tls: {
      ca: await readFile(certificates.caFile),
      cert: await readFile(certFile),
      key: await readFile(keyFile),
    },
  });
  const { members } = await inspector.state();
  expect(members[0]?.status?.quotaBytes).toBeGreaterThan(1e9);
  await rm(directory, { recursive: true, force: true });
});
