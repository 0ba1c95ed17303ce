import { aContainer, aPlacement, CLUSTER, exited, NOW_MS } from '../testing/builders.js';
import { newMemory } from './memory.js';
import { noteExits } from './note-exits.js';

const placement = aPlacement();

/** What is remembered of a program that has just ended by itself, at that time. */
const noted = (finishedAtMs: number) => {
  const run = exited(1, { startedAtMs: finishedAtMs - 1_000, finishedAtMs });
  const container = aContainer(placement, { run });
  return noteExits({
    nowMs: NOW_MS,
    placements: new Map([[placement.instance, placement]]),
    cluster: CLUSTER,
    containers: [container],
    memory: new Map(),
    deaths: new Map([[container.id, { diedAtMs: finishedAtMs }]]),
    engineStartedAtMs: finishedAtMs - 10_000,
    formerRuns: new Set(),
  }).memory.get(placement.instance);
};

it('tries again a second after the first end', () => {
  expect(noted(NOW_MS - 200)?.retryAtMs).toBe(NOW_MS + 800);
});

it('waits no longer than it was meant to when the clock was set back by an hour', () => {
  expect(noted(NOW_MS + 3_600_000)?.retryAtMs).toBe(NOW_MS + 60_000);
});

it('nor with the removal of one that is not placed any more', () => {
  const { instance, specHash } = placement;
  const memory = { ...newMemory(specHash), retryAtMs: NOW_MS + 3_600_000 };
  const notes = noteExits({
    nowMs: NOW_MS,
    placements: new Map(),
    cluster: CLUSTER,
    containers: [],
    memory: new Map([[instance, memory]]),
    deaths: new Map(),
    engineStartedAtMs: 0,
    formerRuns: new Set(),
  });
  expect(notes.memory.get(instance)?.retryAtMs).toBe(NOW_MS + 60_000);
});
