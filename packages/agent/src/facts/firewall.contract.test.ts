import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectFacts } from './collect-facts.js';
import { hostProbe, type HostProbe } from './host-probe.js';

/** The firewall as the shipped unit lets the agent see it: root, in a network of its own, with what systemd leaves it. */

const UNIT = readFileSync(
  join(import.meta.dirname, '../../../../deploy/systemd/nap-agent.service'),
  'utf8',
);

function settingOf(name: string): string {
  const [, value] = new RegExp(`^${name}=(.+)$`, 'm').exec(UNIT) ?? [];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** As setpriv(1) names them. */
const capabilities = settingOf('CapabilityBoundingSet')
  .split(' ')
  .map((name) => `+${name.toLowerCase().replace(/^cap_/, '')}`);

const confined = [
  ...['--net', '--', 'setpriv', '--bounding-set', `-all,${capabilities.join(',')}`],
  ...(settingOf('NoNewPrivileges') === 'yes' ? ['--no-new-privs'] : []),
];

it.each(['iptables-nft', 'iptables-legacy'])('is listed by %s', async (iptables) => {
  const asked: string[] = [];
  const probe: HostProbe = {
    ...hostProbe,
    run: (command, args) => {
      asked.push(command);
      const program = command === 'iptables' ? iptables : command;
      return hostProbe.run('unshare', [...confined, program, ...args]);
    },
  };
  const docker = {
    network: () =>
      Promise.resolve({ name: 'bridge', driver: 'bridge', subnet: '10.4.1.0/24', options: {} }),
    facts: () =>
      Promise.resolve({
        ...{ version: '28.0.0', apiVersion: '1.48', dataRoot: '/' },
        ...{ cpus: 1, memoryBytes: 1, os: 'linux', architecture: 'x86_64' },
      }),
  };
  const parts = { probe, docker, subnetFile: '/missing', directories: [] };
  const { firewall } = await collectFacts(parts, 'bridge');
  expect(asked).toContain('iptables');
  expect(firewall).toEqual({
    forwardPolicy: 'ACCEPT',
    forwardAccepts: [],
    directRoutingDrops: 0,
  });
});
