import { expect, it } from '@jest/globals';
import { planLab } from './addresses.js';
import { etcdFlags } from './etcd-flags.js';

it('every member is told of all members, and serves on its own address', () => {
  const { etcd } = planLab({ hosts: 1, etcd: 3 });
  const flags = etcdFlags({
    member: etcd[1]!,
    members: etcd,
    dataDir: '/data',
    clusterState: 'existing',
  });
  expect(flags).toEqual(
    expect.arrayContaining([
      '--name=etcd-2',
      '--data-dir=/data',
      '--listen-client-urls=http://10.99.0.11:2379,http://127.0.0.1:2379',
      '--advertise-client-urls=http://10.99.0.11:2379',
      '--initial-cluster=etcd-1=http://10.99.0.10:2380,etcd-2=http://10.99.0.11:2380,etcd-3=http://10.99.0.12:2380',
      '--initial-cluster-state=existing',
    ]),
  );
});
