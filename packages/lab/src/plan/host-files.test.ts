import { describe, expect, it } from '@jest/globals';
import { planLab } from './addresses.js';
import { agentEnv, daemonJson, etcHosts, hostFiles } from './host-files.js';
import { toSettings } from './settings.js';

const plan = planLab({ hosts: 2, etcd: 3 });
const [hostA, hostB] = plan.hosts;
const REGISTRY = {
  'registry-mirrors': ['http://10.99.0.5:5000'],
  'insecure-registries': ['10.99.0.5:5000', 'registry.lab:5000'],
};

describe('the files of a host', () => {
  it("put docker0 into flannel's subnet, without masquerading twice", () => {
    const settings = toSettings({ net: 'vxlan', bridge: 'docker0' });
    expect(JSON.parse(daemonJson(hostB!, settings))).toEqual({
      bip: '10.4.2.1/24',
      mtu: 1450,
      'ip-masq': false,
      ...REGISTRY,
    });
  });

  it('leave the networks of dockerd alone when nap makes its own bridge', () => {
    expect(JSON.parse(daemonJson(hostA!, toSettings({ bridge: 'nap' })))).toEqual(REGISTRY);
  });

  it('name every machine of the LAN, and the registry by its name', () => {
    expect(etcHosts(plan).split('\n')).toEqual([
      '127.0.0.1 localhost',
      '10.99.0.2 operator',
      '10.99.0.5 registry.lab',
      '10.99.0.10 etcd-1',
      '10.99.0.11 etcd-2',
      '10.99.0.12 etcd-3',
      '10.99.0.21 host-a',
      '10.99.0.22 host-b',
      '',
    ]);
  });

  it('tell the agent all endpoints of etcd, and its name', () => {
    expect(agentEnv(hostA!, ['http://10.99.0.10:2379', 'http://10.99.0.11:2379'])).toBe(
      'NAP_ETCD=http://10.99.0.10:2379,http://10.99.0.11:2379\nNAP_HOST=host-a\nNAP_API_INSECURE_LISTEN=true\n',
    );
  });

  it('are absolute paths with text that ends in a newline', () => {
    for (const [path, content] of Object.entries(hostFiles(hostA!, plan, toSettings({})))) {
      expect(path).toMatch(/^\/etc\//);
      expect(content).toMatch(/\n$/);
    }
  });
});
