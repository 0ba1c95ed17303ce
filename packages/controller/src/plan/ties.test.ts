import { instanceId, partnerInstances, type ContainerSpec, type MountSpec } from '@nap/shared';
import { localVolumes, tie } from './ties.js';

const spec = (...mounts: readonly MountSpec[]): Pick<ContainerSpec, 'mounts'> => ({
  mounts: [...mounts],
});
const volume = (name: string, more: object = {}): MountSpec => ({
  type: 'volume',
  name,
  target: `/${name}`,
  ...more,
});

it('only named volumes of the local driver tie', () => {
  expect(
    localVolumes(
      spec(
        volume('data'),
        volume('outside', { external: true }),
        volume('plugin', { driver: 'rexray' }),
        volume('share', { driver: 'local', driverOptions: { type: 'nfs', device: ':/x' } }),
        { type: 'volume', target: '/anonymous' },
        { type: 'bind', source: '/srv', target: '/srv' },
      ),
    ),
  ).toEqual(['data']);
});

const member = (
  name: string,
  more: Partial<ContainerSpec> & { pin?: string } = {},
): Parameters<typeof tie>[0][number] => {
  const { pin, mounts = [], ...rest } = more;
  return {
    instance: instanceId(`shop.${name}.1`),
    spec: { mounts, ...rest },
    ...(pin === undefined ? {} : { pin }),
  };
};
const sharing = (name: string): { instance: ReturnType<typeof instanceId> } => ({
  instance: instanceId(`shop.${name}.1`),
});
const groupsOf = (...members: readonly ReturnType<typeof member>[]) =>
  tie(members).map((group) => ({
    names: group.members.map(({ instance }) => instance.split('.')[1]),
    volumes: group.volumes,
  }));

it('ties reach through a third member that mounts both volumes', () => {
  expect(
    groupsOf(
      member('a', { mounts: [volume('x')] }),
      member('b'),
      member('c', { mounts: [volume('y')] }),
      member('d', { mounts: [volume('y'), volume('x')] }),
    ),
  ).toEqual([
    { names: ['a', 'c', 'd'], volumes: ['x', 'y'] },
    { names: ['b'], volumes: [] },
  ]);
});

it('whoever shares a namespace or volumes with another is tied to it, whichever comes first', () => {
  expect(
    groupsOf(
      member('sidecar', { network: sharing('web') }),
      member('other', { network: 'host', ipc: 'private' }),
      member('web'),
      member('debug', { pid: sharing('web') }),
      member('backup', { volumesFrom: [{ ...sharing('sidecar'), readOnly: true }] }),
    ).map(({ names }) => names),
  ).toEqual([['sidecar', 'web', 'debug', 'backup'], ['other']]);
});

it('names each partner once', () => {
  expect(partnerInstances({ network: sharing('web'), ipc: sharing('web'), pid: 'host' })).toEqual([
    'shop.web.1',
  ]);
});

it('volumes of an instance that is for one host are that host’s own', () => {
  const mounts = [volume('x')];
  expect(groupsOf(member('a', { mounts, pin: 'host-a' }), member('b', { mounts }))).toEqual([
    { names: ['a'], volumes: [] },
    { names: ['b'], volumes: ['x'] },
  ]);
});
