import { aContainer, aPlacement, aRecord, HOST, NOW_MS, reconciled } from '../testing/builders.js';
import type { Scene } from '../testing/builders.js';
import { newMemory } from './memory.js';
import { chainsText } from './step-text.js';

const web = aPlacement('shop.web.1');
const steps = (scene: Scene): string => chainsText(reconciled(scene).chains);
const situation = (scene: Scene): unknown => reconciled(scene).situations.get(web.instance);

describe('a removal with volumes', () => {
  const volume = { name: 'shop_data', target: '/data', isAnonymous: false };
  const mounts = [{ type: 'volume', name: 'shop_data', target: '/data' }] as const;
  const asked = { wanted: 'removed', removeVolumes: true } as const;
  const gone = aPlacement('shop.web.1', asked, { mounts: [...mounts] });
  const other = aPlacement('shop.db.1');
  const containers = [aContainer(other, { volumes: [volume] })];

  it('waits for the other containers of a volume that are to go too', () => {
    const leaving = { ...other, wanted: 'removed' as const };
    const scene = { placements: [gone, leaving], containers };
    expect(steps(scene)).not.toContain('remove-volume');
    expect(situation(scene)).toMatchObject({
      kind: 'waits',
      reason: expect.stringContaining('shop_data') as string,
    });
  });

  it('leaves a volume to another container that stays, or that nobody has placed', () => {
    const scene = { placements: [gone, other], containers };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toEqual({ kind: 'removed' });
    const unproven = {
      ...scene,
      placements: [gone],
      desired: { doubted: new Set([other.instance]) },
    };
    expect(steps(unproven)).toBe('');
  });

  it('takes the anonymous ones of its container along, and nobody else’s', () => {
    const own = { name: 'a'.repeat(64), target: '/own', isAnonymous: true };
    const lent = { name: 'b'.repeat(64), target: '/lent', isAnonymous: true };
    const scene: Scene = {
      placements: [gone, other],
      containers: [
        aContainer(other, { volumes: [lent] }),
        aContainer(gone, {
          volumes: [own, lent],
          partners: new Map([[other.instance, aContainer(other).id]]),
        }),
      ],
    };
    const dropped = steps(scene)
      .split('\n')
      .filter((line) => line.includes('remove-volume'));
    expect(dropped).toEqual([`shop.web.1: remove-volume ${own.name} (wanted-removed)`]);
  });
});

describe('a container whose placement a backup of etcd may not have had', () => {
  const scene: Scene = {
    containers: [aContainer(web)],
    desired: { doubted: new Set([web.instance]) },
  };
  const told = (...names: NonNullable<Scene['names']>): Scene => ({ ...scene, names });

  it('goes only when another host tells that it runs there', () => {
    expect(steps(scene)).toBe('');
    expect(reconciled(scene).unproven).toHaveLength(1);
    const memory = { 'shop.web.1': newMemory(web.specHash) };
    expect(steps({ ...scene, memory })).toBe('');
    expect(steps(told(aRecord('shop.web.1')))).toContain('remove');
  });

  it('stays when that is its own record, or one of another instance', () => {
    expect(steps(told(aRecord('shop.web.1', { host: HOST })))).toBe('');
    expect(steps(told(aRecord('shop.web.2')))).toBe('');
  });
});

it('what is remembered of an instance is not forgotten before etcd has proven that it is gone', () => {
  const memory = { 'shop.web.1': newMemory(web.specHash) };
  expect(steps({ memory, desired: { isFresh: false } })).toBe('');
  expect(steps({ memory })).toContain('forget');
});

it('what could not be stopped is not stopped again before its time', () => {
  const stopped = { ...web, wanted: 'stopped' as const };
  const containers = [aContainer(web)];
  const failed = { ...newMemory(web.specHash), retryAtMs: NOW_MS + 5_000, isTakingAway: true };
  const scene = { placements: [stopped], containers, memory: { 'shop.web.1': failed } };
  expect(steps(scene)).toBe('');
  expect(reconciled(scene).wakeAtMs).toBe(NOW_MS + 5_000);
  expect(situation(scene)).toMatchObject({ kind: 'waits' });
});
