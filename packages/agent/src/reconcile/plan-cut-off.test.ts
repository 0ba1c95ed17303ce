import { instanceId } from '@nap/shared';
import {
  aContainer,
  aPlacement,
  created,
  NOW_MS,
  reconciled,
  type Scene,
} from '../testing/builders.js';
import { chainsText } from './step-text.js';

/** An instance that must not run twice: x-nap on_partition: stop_after. */

const web = aPlacement('shop.web.1', { stopAfterMs: 30_000 });
const running = aContainer(web);
const id = running.id.slice(0, 12);
const steps = (scene: Scene): string => chainsText(reconciled(scene).chains);
const situation = (scene: Scene): unknown =>
  reconciled(scene).situations.get(instanceId('shop.web.1'));

it('runs on while etcd is out of reach, and is looked at again when its time is up', () => {
  const scene = { placements: [web], containers: [running], unreachedMs: 29_000 };
  expect(steps(scene)).toBe('');
  expect(reconciled(scene).wakeAtMs).toBe(NOW_MS + 1_000);
});

it('is stopped then, and stays where it is', () => {
  const scene: Scene = {
    placements: [web],
    containers: [running],
    unreachedMs: 30_000,
    desired: { isFresh: false },
  };
  expect(steps(scene)).toBe(
    [`shop.web.1: withdraw-name ${id} (cut-off)`, `shop.web.1: stop ${id} (cut-off)`].join('\n'),
  );
  expect(situation(scene)).toMatchObject({ kind: 'waits' });
});

it('is not started again before etcd is back', () => {
  const stopped = aContainer(web, { run: created });
  const scene = { placements: [web], containers: [stopped] };
  expect(steps({ ...scene, unreachedMs: 45_000 })).toBe('');
  expect(steps({ ...scene, unreachedMs: 0 })).toContain('start');
});

it('is not started again while its lease is known to hold and its placement is not', () => {
  const stopped = aContainer(web, { run: created });
  const scene: Scene = { placements: [web], containers: [stopped], unreachedMs: 0 };
  expect(steps({ ...scene, desired: { isFresh: false } })).toBe('');
  expect(situation({ ...scene, desired: { isFresh: false } })).toMatchObject({ kind: 'waits' });
});

it('is stopped then too where it is to be stopped and its agent cannot know whether it still is', () => {
  const scene: Scene = {
    placements: [{ ...web, wanted: 'stopped' }],
    containers: [running],
    desired: { isFresh: false },
  };
  expect(steps({ ...scene, unreachedMs: 29_000 })).toBe('');
  expect(reconciled({ ...scene, unreachedMs: 29_000 }).wakeAtMs).toBe(NOW_MS + 1_000);
  expect(steps({ ...scene, unreachedMs: 30_000 })).toContain('stop');
});

it('an agent that has just started neither stops nor starts it, and stops it when etcd does not answer', () => {
  const placements = [web];
  expect(steps({ placements, containers: [running], unreachedMs: undefined })).toBe('');
  const stopped = aContainer(web, { run: created });
  expect(steps({ placements, containers: [stopped], unreachedMs: undefined })).toBe('');
  expect(steps({ placements, containers: [running], unreachedMs: Infinity })).toContain('stop');
});

it('under another name of the host it is stopped at once, and others run on', () => {
  const desired = { isFresh: false, former: new Map([[web.instance, web]]) };
  const scene: Scene = { containers: [running], unreachedMs: 0, desired };
  expect(steps(scene)).toBe(
    [`shop.web.1: withdraw-name ${id} (cut-off)`, `shop.web.1: stop ${id} (cut-off)`].join('\n'),
  );
  const other = aPlacement('shop.web.1');
  const former = new Map([[other.instance, other]]);
  expect(steps({ ...scene, desired: { ...desired, former } })).toBe('');
  expect(steps({ ...scene, containers: [aContainer(web, { run: created })] })).toBe('');
});

it('others are kept, however long etcd is away', () => {
  const other = aPlacement('shop.web.1');
  const scene = { placements: [other], containers: [aContainer(other)], unreachedMs: Infinity };
  expect(steps(scene)).toBe('');
});

it.each(['removed', 'stopped'] as const)(
  'is stopped when its time is up, although it was to be %s before',
  (wanted) => {
    const placements = [{ ...web, wanted }];
    const scene = { placements, containers: [running], desired: { isFresh: false } };
    expect(steps({ ...scene, unreachedMs: 29_000 })).toBe('');
    expect(reconciled({ ...scene, unreachedMs: 29_000 }).wakeAtMs).toBe(NOW_MS + 1_000);
    expect(steps({ ...scene, unreachedMs: 30_000 })).toContain('stop');
    expect(steps({ ...scene, unreachedMs: 30_000 })).not.toContain('remove');
  },
);

describe('while something else is under way for it', () => {
  const busy = new Set([web.instance]);
  const scene: Scene = { placements: [web], containers: [running], busy };

  it('it is stopped all the same when its time is up, beside that', () => {
    expect(reconciled({ ...scene, unreachedMs: 29_000 })).toMatchObject({
      chains: [],
      wakeAtMs: NOW_MS + 1_000,
    });
    const { chains } = reconciled({ ...scene, unreachedMs: 30_000, desired: { isFresh: false } });
    expect(chains).toMatchObject([{ isAside: true }]);
    expect(chainsText(chains)).toContain(`stop ${id} (cut-off)`);
  });

  it('it is not told twice to stop', () => {
    const { chains } = reconciled({ ...scene, unreachedMs: 30_000, stopping: busy });
    expect(chains).toEqual([]);
  });

  it('what may run twice is left alone', () => {
    const placements = [aPlacement('shop.web.1')];
    expect(reconciled({ ...scene, placements, unreachedMs: Infinity }).chains).toEqual([]);
  });
});
