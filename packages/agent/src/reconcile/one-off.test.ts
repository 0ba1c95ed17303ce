import { instanceId } from '@nap/shared';
import { planOneOffs, type ObservedOneOff, type OneOffsInput } from './one-off.js';
import type { RunState } from './observed.js';

const INSTANCE = instanceId('shop.web-run-0123456789ab.1');

const running: RunState = {
  ...{ state: 'running', startedAt: '2026-01-31T00:00:00Z', startedAtMs: 1 },
  ...{ health: 'none', isPaused: false },
};
const exited: RunState = {
  ...{ state: 'exited', startedAt: '2026-01-31T00:00:00Z', startedAtMs: 1 },
  ...{ finishedAtMs: 2, exitCode: 3 },
};

const oneOff = (run: RunState, over: Partial<ObservedOneOff> = {}): ObservedOneOff => ({
  ...{ id: 'c1', name: 'shop-web-run-0123456789ab', cluster: 'c', instance: INSTANCE, run },
  ...{ network: 'own', hostsPath: '', seeds: [], stopGraceMs: 0, links: [] },
  ...{ isRemovedAtEnd: false, hasTerminal: false },
  ...over,
});

const all = new Set([INSTANCE]);
const none: OneOffsInput['attended'] = new Set();

function steps(container: ObservedOneOff, over: Partial<OneOffsInput> = {}): readonly string[] {
  const input = { attended: none, unwanted: none, orphaned: none, ...over };
  return planOneOffs({ containers: [container], ...input }).map(({ kind }) => kind);
}

it('lets run what runs, whoever has left it', () => {
  expect(steps(oneOff(running))).toEqual([]);
  expect(steps(oneOff(running, { isRemovedAtEnd: true }))).toEqual([]);
});

it('keeps what has ended to be looked at, unless it was to be removed', () => {
  expect(steps(oneOff(exited))).toEqual([]);
  expect(steps(oneOff(exited, { isRemovedAtEnd: true }))).toEqual(['remove']);
  expect(steps(oneOff(exited, { isRemovedAtEnd: true }), { attended: all })).toEqual([]);
});

it('stops what nobody is at the terminal of, and what was told to end before it was left', () => {
  expect(steps(oneOff(running, { hasTerminal: true }))).toEqual(['stop']);
  expect(steps(oneOff(running, { hasTerminal: true }), { attended: all })).toEqual([]);
  expect(steps(oneOff(running), { unwanted: all })).toEqual(['stop']);
});

it('removes what was never started, unless somebody is about to', () => {
  expect(steps(oneOff({ state: 'created' }))).toEqual(['remove']);
  expect(steps(oneOff({ state: 'created' }), { attended: all })).toEqual([]);
});

it('takes everything away with its project: stops it first, also when somebody attends to it', () => {
  expect(steps(oneOff(running), { orphaned: all, attended: all })).toEqual(['stop']);
  expect(steps(oneOff(exited), { orphaned: all })).toEqual(['remove']);
  expect(steps(oneOff(exited), { orphaned: all, attended: all })).toEqual([]);
});

it('drops anonymous volumes only where its removal was asked for', () => {
  const volumes = (container: ObservedOneOff): readonly boolean[] =>
    planOneOffs({
      ...{ containers: [container], attended: none, unwanted: none, orphaned: all },
    }).map(({ isWithVolumes }) => isWithVolumes);
  expect(volumes(oneOff(exited))).toEqual([false]);
  expect(volumes(oneOff(exited, { isRemovedAtEnd: true }))).toEqual([true]);
});
