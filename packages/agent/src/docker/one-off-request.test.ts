import type { RunStart } from '@nap/shared';
import { instanceId, serviceName } from '@nap/shared';
import { aPlacement, aSpec, CLUSTER, HOST, PLATFORM } from '../testing/builders.js';
import { LABEL } from './labels.js';
import { oneOffRequest } from './one-off-request.js';

const instance = instanceId('shop.web-run-x.1');
const start: RunStart = {
  type: 'run',
  ...{ cluster: CLUSTER, instance, service: serviceName('web'), spec: aSpec(), links: [] },
  ...{ hasInput: false, isDetached: true, isRemovedAtEnd: false, pull: 'missing' },
};

it('a one-off has every label of nap, so that it is no instance where its image comes from one', () => {
  const { Labels } = oneOffRequest(start, {
    ...{ name: 'x', placement: aPlacement(instance), host: HOST, platform: PLATFORM },
    ...{ network: 'bridge', seeds: [], partners: new Map(), apiVersion: '1.41' },
    filePath: () => '/nowhere',
  }).body;
  for (const label of Object.values(LABEL)) expect(Labels).toHaveProperty([label]);
  expect(Labels).toMatchObject({
    ...{ 'nap.one-off': instance, 'nap.instance': '', 'nap.spec-hash': '', 'nap.image': 'box' },
    ...{ 'nap.remove-at-end': '', 'nap.terminal': '' },
  });
});
