import { chooseNetwork, type NetworkInput } from './choose-network.js';
import { parseSubnetEnv } from './subnet-env.js';

const env = `FLANNEL_NETWORK=10.4.0.0/16
FLANNEL_SUBNET=10.4.89.1/24
FLANNEL_MTU=1450
FLANNEL_IPMASQ=false
`;
const flannel = parseSubnetEnv(env);
const bridge = (subnet: string) => ({ name: 'bridge', driver: 'bridge', subnet, options: {} });
const input = (over: Partial<NetworkInput> = {}): NetworkInput => ({
  mode: 'auto',
  flannel,
  isFlannelExpected: true,
  subnetFile: '/run/flannel/subnet.env',
  bridge: bridge('172.17.0.0/16'),
  nap: undefined,
  apiVersion: '1.41',
  ...over,
});

describe('the subnet file', () => {
  it('is read', () => {
    expect(flannel).toEqual({
      network: { base: 0x0a040000, bits: 16 },
      subnet: { base: 0x0a045900, bits: 24 },
      gateway: '10.4.89.1',
      mtu: 1450,
      isMasquerading: false,
    });
  });

  it.each([
    ['quoted', 'FLANNEL_SUBNET="10.4.89.1/24"'],
    [
      'with strangers beside',
      'DOCKER_OPTS=" --bip=x"\r\nexport FLANNEL_SUBNET=10.4.89.1/24\n# end',
    ],
  ])('is read %s', (_how, text) => {
    expect(parseSubnetEnv(text)).toMatchObject({ gateway: '10.4.89.1' });
  });

  it.each(['', 'FLANNEL_SUBNET=', 'FLANNEL_SUBNET=10.4.89/24', 'DOCKER_OPTS=--bip=10.4.89.1/24'])(
    'without a subnet says nothing: %j',
    (text) => {
      expect(parseSubnetEnv(text)).toBeUndefined();
    },
  );
});

describe('the network of instances', () => {
  it("is the default bridge when that lies in flannel's subnet", () => {
    expect(chooseNetwork(input({ bridge: bridge('10.4.89.0/24') }))).toEqual({
      network: 'bridge',
      subnet: '10.4.89.0/24',
      hasStableAddresses: false,
    });
  });

  it("is otherwise one of nap's own, on flannel's subnet and MTU", () => {
    expect(chooseNetwork(input())).toEqual({
      network: 'nap',
      subnet: '10.4.89.0/24',
      gateway: '10.4.89.1',
      hasStableAddresses: true,
      create: {
        name: 'nap',
        subnet: '10.4.89.0/24',
        gateway: '10.4.89.1',
        options: {
          'com.docker.network.bridge.name': 'nap0',
          'com.docker.network.bridge.enable_ip_masquerade': 'true',
          'com.docker.network.driver.mtu': '1450',
        },
      },
    });
  });

  it('lets routed packets in where the engine would drop them', () => {
    expect(chooseNetwork(input({ apiVersion: '1.48' })).create?.options).toMatchObject({
      'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected',
    });
  });

  it('is used as it is when it fits', () => {
    const options = { 'com.docker.network.driver.mtu': '1450' };
    const nap = { ...bridge('10.4.89.0/24'), name: 'nap', options };
    expect(chooseNetwork(input({ nap }))).toMatchObject({
      network: 'nap',
      hasStableAddresses: true,
    });
    expect(chooseNetwork(input({ nap })).create).toBeUndefined();
    expect(chooseNetwork(input({ nap: { ...nap, options: {} } })).warning).toContain('MTU');
  });

  it('is a problem when its subnet is not flannel’s', () => {
    const nap = { ...bridge('10.4.7.0/24'), name: 'nap' };
    expect(chooseNetwork(input({ nap })).problem).toContain('docker network rm nap');
  });

  it('is waited for while flannel is expected and has written nothing', () => {
    expect(chooseNetwork(input({ flannel: undefined })).problem).toContain('start flanneld');
  });

  it('is the default bridge, with a warning, where there is no flannel', () => {
    expect(chooseNetwork(input({ flannel: undefined, isFlannelExpected: false }))).toMatchObject({
      network: 'bridge',
      warning: expect.stringContaining('this host only') as string,
    });
  });
});
