import { describe, expect, it } from '@jest/globals';
import { planLab } from './addresses.js';
import {
  flannelConfig,
  flanneldSettings,
  leaseKey,
  leaseValue,
  shellVariables,
  subnetEnv,
} from './flannel.js';

const plan = planLab({ hosts: 2, etcd: 1 });
const [hostA, hostB] = plan.hosts;

describe("flannel's data", () => {
  it('has a lease under the subnet, with a hyphen for the slash', () => {
    expect(leaseKey(hostA!)).toBe('/coreos.com/network/subnets/10.4.1.0-24');
  });

  it('has a lease value as flanneld writes it, for each backend', () => {
    expect(leaseValue(hostA!, 'host-gw')).toBe(
      '{"PublicIP":"10.99.0.21","PublicIPv6":null,"BackendType":"host-gw"}',
    );
    expect(leaseValue(hostA!, 'vxlan')).toBe(
      '{"PublicIP":"10.99.0.21","PublicIPv6":null,"BackendType":"vxlan",' +
        '"BackendData":{"VNI":1,"VtepMAC":"02:99:0a:04:01:00"}}',
    );
  });

  it('has a network configuration that names the backend', () => {
    expect(JSON.parse(flannelConfig('vxlan'))).toEqual({
      Network: '10.4.0.0/16',
      SubnetLen: 24,
      Backend: { Type: 'vxlan', VNI: 1, Port: 8472 },
    });
    expect(JSON.parse(flannelConfig('host-gw'))).toMatchObject({ Backend: { Type: 'host-gw' } });
  });

  it("has a subnet file with the bridge's address and room for the VXLAN header", () => {
    expect(subnetEnv(hostB!, 'vxlan')).toBe(
      'FLANNEL_NETWORK=10.4.0.0/16\nFLANNEL_SUBNET=10.4.2.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
    );
    expect(subnetEnv(hostB!, 'host-gw')).toContain('FLANNEL_MTU=1500\n');
  });

  it('tells a host of every peer but itself', () => {
    const settings = flanneldSettings(hostA!, plan, 'vxlan', ['http://10.99.0.10:2379']);
    expect(settings).toContain("PEERS='10.99.0.22|10.4.2.0/24|10.4.2.0|02:99:0a:04:02:00'\n");
    expect(settings).not.toContain('10.99.0.21|');
  });
});

describe('shell variables', () => {
  it('are quoted so that a shell reads them back unchanged', () => {
    expect(shellVariables({ A: 'plain', B: `{"k":"it's $HOME"}` })).toBe(
      `A='plain'\nB='{"k":"it'\\''s $HOME"}'\n`,
    );
  });
});
