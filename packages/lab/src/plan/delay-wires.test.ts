import { planLab } from './addresses.js';
import { delayRules, wireArgument, wiresTo } from './delay-wires.js';

const wires = wiresTo(planLab({ hosts: 1, etcd: 3 }).etcd);

it('each member has a port of its own', () => {
  expect(wires.map(wireArgument)).toEqual([
    '127.0.0.1:23790=10.99.0.10:2379',
    '127.0.0.1:23791=10.99.0.11:2379',
    '127.0.0.1:23792=10.99.0.12:2379',
  ]);
});

it('connections are led away before old ones are reset, and every rule can be told from others', () => {
  const lines = delayRules(wires).split('\n');
  const rules = lines.filter((line) => line.startsWith('-A'));
  expect(lines.indexOf('*nat')).toBeLessThan(lines.indexOf('*filter'));
  expect(rules).toHaveLength(9);
  expect(rules.filter((rule) => !rule.includes('--comment nap-lab-delay'))).toEqual([]);
  expect(rules.filter((rule) => rule.includes('-d 10.99.0.11/32'))).toHaveLength(3);
});
