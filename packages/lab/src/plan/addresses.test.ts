import { describe, expect, it } from '@jest/globals';
import { LabError } from '../errors.js';
import { etcdEndpoint, findHost, findMachine, machinesOf, planLab } from './addresses.js';

describe('the address plan', () => {
  it('gives each host a letter, a LAN address and a container subnet of its own', () => {
    const { hosts } = planLab({ hosts: 3, etcd: 1 });
    expect(hosts.map(({ name, ip, subnet, gateway }) => [name, ip, subnet, gateway])).toEqual([
      ['host-a', '10.99.0.21', '10.4.1.0/24', '10.4.1.1'],
      ['host-b', '10.99.0.22', '10.4.2.0/24', '10.4.2.1'],
      ['host-c', '10.99.0.23', '10.4.3.0/24', '10.4.3.1'],
    ]);
  });

  it('puts etcd members below the hosts', () => {
    const { etcd } = planLab({ hosts: 1, etcd: 3 });
    expect(etcd.map(({ name }) => name)).toEqual(['etcd-1', 'etcd-2', 'etcd-3']);
    expect(etcd.map(etcdEndpoint)).toEqual([
      'http://10.99.0.10:2379',
      'http://10.99.0.11:2379',
      'http://10.99.0.12:2379',
    ]);
  });

  it('gives no two machines the same address or MAC, in the largest lab', () => {
    const plan = planLab({ hosts: 26, etcd: 3 });
    const machines = machinesOf(plan);
    expect(plan.hosts.at(-1)?.name).toBe('host-z');
    expect(new Set(machines.map(({ ip }) => ip)).size).toBe(machines.length);
    const macs = [...machines.map(({ mac }) => mac), ...plan.hosts.map(({ vtep }) => vtep.mac)];
    expect(new Set(macs).size).toBe(macs.length);
  });

  it('uses MACs that are unicast and locally administered', () => {
    for (const { mac } of machinesOf(planLab({ hosts: 2, etcd: 1 }))) {
      expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    }
  });

  it('keeps names short enough for an interface of the switch', () => {
    for (const { name } of machinesOf(planLab({ hosts: 26, etcd: 3 }))) {
      expect(name.length).toBeLessThan(16);
    }
  });

  it('finds a machine by name, and lists the names when there is none such', () => {
    const plan = planLab({ hosts: 2, etcd: 1 });
    expect(findMachine(plan, 'etcd-1').ip).toBe('10.99.0.10');
    expect(() => findHost(plan, 'host-c')).toThrow(
      new LabError('no host is called host-c', { hint: 'there is host-a, host-b' }),
    );
  });
});
