import { hostname } from 'node:os';
import { NapError } from '@nap/shared';
import { agentFlags, readConfig, type AgentFlags } from './config.js';

/** What the parser yields when nothing but these is given. */
function flags(over: Partial<AgentFlags> = {}): AgentFlags {
  return {
    etcd: ['http://127.0.0.1:2379'],
    prefix: agentFlags.prefix.default,
    host: 'a',
    dockerSocket: agentFlags['docker-socket'].default,
    dockerPidFile: agentFlags['docker-pid-file'].default,
    stateDir: agentFlags['state-dir'].default,
    runDir: agentFlags['run-dir'].default,
    subnetFile: agentFlags['subnet-file'].default,
    flannelPrefix: agentFlags['flannel-prefix'].default,
    network: agentFlags.network.default,
    label: agentFlags.label.default,
    resource: agentFlags.resource.default,
    api: agentFlags.api.default,
    apiPort: agentFlags['api-port'].default,
    apiInsecureListen: agentFlags['api-insecure-listen'].default,
    concurrency: agentFlags.concurrency.default,
    resyncS: agentFlags['resync-s'].default,
    leaseTtlS: agentFlags['lease-ttl-s'].default,
    logLevel: agentFlags['log-level'].default,
    ...over,
  };
}

function refusal(over: Partial<AgentFlags>): NapError {
  try {
    readConfig(flags(over));
  } catch (err) {
    if (err instanceof NapError) return err;
    throw err;
  }
  throw new Error('the flags were taken');
}

describe('the configuration', () => {
  it('is complete by default', () => {
    expect(readConfig(flags())).toEqual({
      host: 'a',
      labels: {},
      resources: {},
      concurrency: 4,
      resyncMs: 30_000,
      leaseTtlS: 10,
    });
  });

  it('calls the host by the first label of its name, in lower case', () => {
    const [first] = hostname().toLowerCase().split('.');
    expect(readConfig(flags({ host: undefined })).host).toBe(first);
  });

  it.each(['a', 'host-1', '7', 'web.example'])('takes the host name %s', (host) => {
    expect(readConfig(flags({ host })).host).toBe(host);
  });

  it.each(['', 'Host', 'a/b', 'a b', '-a', 'a_b'])('refuses the host name %j', (host) => {
    const err = refusal({ host });
    expect(err.code).toBe('BAD_CONFIG');
    expect(err.message).toBe(`--host: ${JSON.stringify(host)} is no host name`);
    expect(err.hint).toContain('lower case');
  });

  it('takes an IPv4 address', () => {
    expect(readConfig(flags({ address: '10.0.0.11' })).address).toBe('10.0.0.11');
  });

  it.each(['', 'localhost', '10.0.0', '10.0.0.256', '10.0.0.1/24', '::1'])(
    'refuses the address %j',
    (address) => {
      expect(refusal({ address })).toMatchObject({
        code: 'BAD_CONFIG',
        message: `--address: ${JSON.stringify(address)} is no IPv4 address`,
      });
    },
  );

  it.each(['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255'])(
    'refuses %s, which no host has',
    (address) => {
      expect(refusal({ address })).toMatchObject({
        code: 'BAD_CONFIG',
        message: `--address: ${address} is the address of no host`,
      });
    },
  );

  it('takes labels one a flag, or several with commas; a value may be empty or hold another =', () => {
    const label = ['disk=ssd,zone=a', 'empty=', 'query=a=b'];
    expect(readConfig(flags({ label })).labels).toEqual({
      disk: 'ssd',
      zone: 'a',
      empty: '',
      query: 'a=b',
    });
  });

  it.each(['disk', '=ssd', '', 'a=b,'])('refuses the label %j', (label) => {
    const err = refusal({ label: [label] });
    expect(err.code).toBe('BAD_CONFIG');
    expect(err.message).toMatch(/^--label: ".*" is no label$/);
  });

  it('takes what the host has to lend, one a flag, or several with commas', () => {
    const resource = ['gpu=2,fpga=1', 'NVIDIA-A100=0'];
    expect(readConfig(flags({ resource })).resources).toEqual({
      gpu: 2,
      fpga: 1,
      'NVIDIA-A100': 0,
    });
  });

  it.each(['gpu', 'gpu=', '=1', 'gpu=-1', 'gpu=1.5', 'g p=1', ''])(
    'refuses the resource %j',
    (resource) => {
      expect(refusal({ resource: [resource] }).message).toMatch(
        /^--resource: ".*" is no resource$/,
      );
    },
  );

  it('has no more of a resource, and no more kinds, than anybody can have', () => {
    expect(refusal({ resource: ['gpu=10001'] }).message).toContain('from 0 to 10000');
    const kinds = Array.from({ length: 33 }, (_, at) => `kind-${at}=1`);
    expect(refusal({ resource: kinds }).message).toBe('--resource: more than 32 kinds');
  });

  it.each([
    ['concurrency', 'concurrency', 1, 64],
    ['resyncS', 'resync-s', 1, 3600],
    ['leaseTtlS', 'lease-ttl-s', 2, 3600],
  ] as const)('takes %s within its limits only', (key, flag, min, max) => {
    for (const value of [min, max]) {
      expect(() => readConfig(flags({ [key]: value }))).not.toThrow();
    }
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusal({ [key]: value })).toMatchObject({
        code: 'BAD_CONFIG',
        message: `--${flag}: ${value} is not a whole number from ${min} to ${max}`,
      });
    }
  });

  it('counts the resync in milliseconds from here on', () => {
    expect(readConfig(flags({ resyncS: 7 })).resyncMs).toBe(7_000);
  });
});
