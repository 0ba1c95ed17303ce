import { silentLog } from '@nap/shared/runtime';
import { ManualClock } from '@nap/shared/testing';
import { InstanceNetwork } from './instance-network.js';

const BRIDGE = { name: 'bridge', driver: 'bridge', subnet: '172.17.0.0/16', options: {} };

function aNetwork(clock: ManualClock, isFlannelConfigured: () => Promise<boolean>) {
  const parts = {
    docker: {
      network: (name: string) => Promise.resolve(name === 'bridge' ? BRIDGE : undefined),
      createNetwork: () => Promise.resolve(),
    },
    mode: 'auto' as const,
    subnetFile: '/subnet.env',
    readSubnetFile: () => Promise.resolve(undefined),
    ...{ isFlannelConfigured, clock, log: silentLog },
  };
  return new InstanceNetwork(parts, undefined, false);
}

describe('the network of instances, while flannel has not written its file', () => {
  it('is a problem when the cluster uses flannel', async () => {
    const network = aNetwork(new ManualClock(), () => Promise.resolve(true));
    await network.refresh('1.41');
    expect(network.choice?.problem).toContain('/subnet.env');
  });

  it('is the bridge when etcd does not say so in time', async () => {
    const clock = new ManualClock();
    const network = aNetwork(clock, () => new Promise(() => undefined));
    const refreshed = network.refresh('1.41');
    await clock.advance(2_000);
    await refreshed;
    expect(network.choice).toMatchObject({ network: 'bridge' });
    expect(network.choice?.problem).toBeUndefined();
  });

  it('leaves no timer behind once it is known: the process could not end', async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms, given) => {
      signal = given;
      return sleep(ms, given);
    };
    await aNetwork(clock, () => Promise.resolve(false)).refresh('1.41');
    expect(signal?.aborted).toBe(true);
  });
});
