import { expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS } from './plan/settings.js';
import { statusText } from './status-text.js';

it('the status is a line for each machine, in columns', () => {
  const text = statusText({
    settings: DEFAULT_SETTINGS,
    hosts: [
      {
        name: 'host-a',
        ip: '10.99.0.21',
        subnet: '10.4.1.0/24',
        power: 'on',
        isCablePlugged: false,
        dockerd: 'active',
        agent: 'failed',
        runningContainers: 2,
      },
      {
        name: 'host-b',
        ip: '10.99.0.22',
        subnet: '10.4.2.0/24',
        power: 'off',
        isCablePlugged: false,
        dockerd: undefined,
        agent: undefined,
        runningContainers: undefined,
      },
    ],
    etcd: [
      {
        name: 'etcd-1',
        endpoint: 'http://10.99.0.10:2379',
        state: 'running',
        isCablePlugged: true,
        isHealthy: true,
      },
    ],
    registry: 'running',
  });
  expect(text.split('\n')).toEqual([
    'overlay host-gw, containers on docker0, registry running',
    'host-a  10.99.0.21       10.4.1.0/24  on       cut off  dockerd active  agent failed  2 containers',
    'host-b  10.99.0.22       10.4.2.0/24  off',
    'etcd-1  10.99.0.10:2379               running           healthy',
  ]);
});
