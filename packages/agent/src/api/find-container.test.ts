import { hostId, instanceId, specHash, type OwnContainer } from '@nap/shared';
import { aPlacement } from '../testing/builders.js';
import { findContainer, pickContainer } from './find-container.js';

const instance = instanceId('shop.web.1');
const hashOf = (version: string) =>
  aPlacement('shop.web.1', {}, { environment: { V: version } }).specHash;
const container = (id: string, over: Partial<OwnContainer>): OwnContainer => ({
  ...{ id, name: id, instance, image: 'box', state: 'running', createdAtMs: 1, ports: [] },
  ...over,
});

const older = container('older', { specHash: hashOf('1') });
const newer = container('newer', { specHash: hashOf('2'), state: 'exited', createdAtMs: 2 });

it('is the one that runs, or the one of the spec that is asked for', () => {
  expect(pickContainer([newer, older], instance)).toBe(older);
  expect(pickContainer([newer, older], instance, hashOf('2'))).toBe(newer);
  expect(pickContainer([newer, older], instance, hashOf('1'))).toBe(older);
  expect(pickContainer([newer], instance)).toBe(newer);
});

it('is missing where none has that spec', async () => {
  const docker = { containers: () => Promise.resolve([older]) };
  const other = specHash(hashOf('3'));
  await expect(findContainer(docker, hostId('a'), instance, other)).rejects.toMatchObject({
    ...{ code: 'NOT_FOUND', message: 'shop.web.1 has no container of that version on a' },
  });
});
