import { hostId, type Constraint } from '@nap/shared';
import type { HostView } from './cluster-view.js';
import { meets, unmetText } from './constraints.js';

const HOST: HostView = {
  id: hostId('host-a'),
  isAlive: true,
  isLost: false,
  policy: { availability: 'active', labels: { disk: 'ssd', zone: 'operator' } },
  info: {
    host: hostId('host-a'),
    address: '10.0.3.7',
    network: 'nap',
    capacity: { cpus: 2, memoryBytes: 4e9 },
    platform: { os: 'linux', architecture: 'x86_64' },
    engineVersion: '20.10.24',
    engineApiVersion: '1.41',
    agentVersion: '0.1.0',
    labels: { zone: 'agent', gpu: 'A100' },
  },
};

const constraint = (text: string): Constraint => {
  const [key = '', operator, ...value] = text.split(' ');
  return { key, operator: operator === '==' ? '==' : '!=', value: value.join(' ') };
};

it.each([
  ['node.hostname == HOST-A', true],
  ['node.id != host-b', true],
  ['node.role == worker', true],
  ['node.ip == 10.0.3.7', true],
  ['node.ip == 10.0.0.0/16', true],
  ['node.ip == 10.0.4.0/24', false],
  ['node.ip != 10.0.4.0/24', true],
  ['node.platform.os == Linux', true],
  ['node.platform.arch == amd64', true],
  ['node.platform.arch == x86_64', true],
  ['node.platform.arch == arm64', false],
  ['node.labels.disk == SSD', true],
  ['node.labels.Disk == ssd', false],
  ['node.labels.disk != ssd', false],
  ['node.labels.nope == x', false],
  ['node.labels.nope != x', true],
  // What the operator says of a host counts more than what its agent says.
  ['node.labels.zone == operator', true],
  ['engine.labels.zone == agent', true],
  ['node.labels.gpu == a100', true],
  ['engine.labels.disk == ssd', false],
])('%s holds: %s', (text, holds) => {
  expect(meets(HOST, constraint(text))).toBe(holds);
});

it.each([
  ['node.labels.disk == hdd', 'lacks label disk=hdd'],
  ['node.labels.disk != ssd', 'has label disk=ssd'],
  ['node.hostname == host-b', 'has node.hostname host-a, not host-b'],
  ['node.hostname != host-a', 'has node.hostname host-a'],
])('says why %s does not hold', (text, why) => {
  expect(unmetText(HOST, constraint(text))).toBe(why);
});

it('of a host whose agent never came only its name and what the operator says is known', () => {
  const host = { ...HOST, info: undefined };
  expect(meets(host, constraint('node.labels.disk == ssd'))).toBe(true);
  expect(meets(host, constraint('node.platform.os == linux'))).toBe(false);
  expect(unmetText(host, constraint('node.ip == 10.0.0.1'))).toBe(
    'has node.ip (unknown), not 10.0.0.1',
  );
});
