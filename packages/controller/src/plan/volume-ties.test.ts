import { localVolumes, tieByVolumes } from './volume-ties.js';
import type { ContainerSpec, MountSpec } from '@nap/shared';

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

it('ties reach through a third member that mounts both volumes', () => {
  const members = [
    { name: 'a', spec: spec(volume('x')) },
    { name: 'b', spec: spec() },
    { name: 'c', spec: spec(volume('y')) },
    { name: 'd', spec: spec(volume('y'), volume('x')) },
  ];
  const groups = tieByVolumes(members).map((group) => ({
    names: group.members.map(({ name }) => name),
    volumes: group.volumes,
  }));
  expect(groups).toEqual([
    { names: ['a', 'c', 'd'], volumes: ['x', 'y'] },
    { names: ['b'], volumes: [] },
  ]);
});
