import { HOST } from '../testing/builders.js';
import type { AgentSettings } from '../agent-parts.js';
import { hostInfo } from './host-info.js';

it.each([
  [10, undefined],
  [60, 60],
  // As etcd is asked for it.
  [2.5, 3],
])('of a lease of %d s the cluster is told: %p', (leaseTtlS, told) => {
  const settings: AgentSettings = {
    ...{ host: HOST, address: '10.0.0.1', labels: {}, resources: {}, network: 'auto' },
    ...{ concurrency: 1, resyncMs: 1, leaseTtlS, subnetFile: '/run/none' },
    ...{ stateDir: '/var/none', runDir: '/run/none' },
  };
  const facts = { cpus: 2, memoryBytes: 4e9, os: 'linux', architecture: 'amd64' };
  const engine = { ...facts, version: '20.10.24', apiVersion: '1.41', dataRoot: '/' };
  const info = hostInfo(settings, '1.0.0', engine, {
    ...{ network: 'bridge', hasStableAddresses: false },
  });
  expect(info.leaseTtlS).toBe(told);
});
