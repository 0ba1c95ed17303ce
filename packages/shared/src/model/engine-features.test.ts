import type { ContainerSpec } from '../schema/container-spec.js';
import {
  hasFeature,
  isApiAtLeast,
  leftOutFeatures,
  refusedFeatures,
  usedFeatures,
  whyEngineTooOld,
} from './engine-features.js';

const spec = (over: Partial<ContainerSpec> = {}): ContainerSpec => ({
  image: 'box',
  containerName: 'web',
  environment: {},
  labels: {},
  ports: [],
  expose: [],
  mounts: [],
  extraHosts: [],
  restart: { condition: 'always' },
  stopGracePeriodMs: 0,
  ...over,
});

describe('engine features', () => {
  it.each([
    ['1.41', '1.41', true],
    ['1.40', '1.41', false],
    ['1.5', '1.41', false],
    ['1.100', '1.48', true],
    ['2.0', '1.48', true],
  ])('API %s is at least %s: %s', (have, need, is) => {
    expect(isApiAtLeast(have, need)).toBe(is);
  });

  it('are not missing where nothing asks for them', () => {
    expect(usedFeatures(spec())).toEqual([]);
  });

  it('are named with the version that they need', () => {
    const wanted = spec({
      annotations: { a: 'b' },
      healthcheck: { startIntervalMs: 1 },
      mounts: [{ type: 'volume', name: 'v', target: '/v', subpath: 'a' }],
    });
    const leftOut = (apiVersion: string): readonly string[] =>
      leftOutFeatures(usedFeatures(wanted), apiVersion);
    expect(leftOut('1.41')).toEqual([
      '`annotations` need Engine API 1.43, this host has 1.41: left out',
      '`start_interval` of a healthcheck needs Engine API 1.44, this host has 1.41: left out',
    ]);
    expect(refusedFeatures(wanted, '1.41')).toEqual([
      '`subpath` of a volume needs Engine API 1.45, this host has 1.41: the container is not created',
    ]);
    expect([leftOut('1.43').length, leftOut('1.44').length]).toEqual([1, 0]);
    expect(refusedFeatures(wanted, '1.44')).toHaveLength(1);
    expect(refusedFeatures(wanted, '1.45')).toEqual([]);
  });

  it('refuse the container only where it would see other files or run something else', () => {
    const wanted = spec({
      annotations: { a: 'b' },
      mounts: [
        { type: 'image', image: 'data', target: '/d' },
        { type: 'bind', source: '/a', target: '/a', recursive: 'readonly' },
      ],
    });
    expect(refusedFeatures(wanted, '1.41')).toEqual([
      expect.stringContaining('recursive: readonly'),
      expect.stringContaining('type `image`'),
    ]);
    expect(refusedFeatures(wanted, '1.48')).toEqual([]);
    const used = usedFeatures(wanted);
    expect(whyEngineTooOld(used, '1.44')).toBe(
      'has Engine API 1.44: a mount of type `image` needs 1.48',
    );
    expect(whyEngineTooOld(used, '1.48')).toBeUndefined();
    expect(leftOutFeatures(used, '1.42')).toEqual([
      '`annotations` need Engine API 1.43, this host has 1.42: left out',
    ]);
  });

  it('an older engine makes the tree below a read-only mount writable by itself', () => {
    const mounts: ContainerSpec['mounts'] = [
      { type: 'bind', source: '/a', target: '/a', createHostPath: false, recursive: 'writable' },
    ];
    const wanted = spec({ mounts });
    expect(refusedFeatures(wanted, '1.41')).toEqual([]);
    expect(leftOutFeatures(usedFeatures(wanted), '1.41')).toEqual([]);
    expect(hasFeature('recursiveReadOnly', '1.41')).toBe(false);
  });
});
