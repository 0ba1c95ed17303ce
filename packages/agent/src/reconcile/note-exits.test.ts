import { reportCodec } from '@nap/shared';
import {
  aContainer,
  aPlacement,
  CLUSTER,
  created,
  exited,
  HOST,
  NOW_MS,
  STARTED_AT_MS,
  up,
} from '../testing/builders.js';
import type { ObservedContainer } from './observed.js';
import { newMemory, type InstanceMemory } from './memory.js';
import { noteExits } from './note-exits.js';
import { reportOf } from './report-of.js';

const placement = aPlacement();

/** What is remembered of a program that has just ended by itself, at that time. */
const noted = (finishedAtMs: number, over: Partial<ReturnType<typeof exited>> = {}) => {
  const run = exited(1, { startedAtMs: finishedAtMs - 1_000, finishedAtMs, ...over });
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

describe('a program whose memory ran out', () => {
  const ENDED_AT_MS = NOW_MS - 200;
  const killed = { exitCode: 137, outOfMemory: { limitBytes: 64 * 1024 ** 2 } };

  it('is said to have, with its limit', () => {
    expect(noted(ENDED_AT_MS, killed)?.trouble).toEqual({
      cause: 'exited',
      message:
        'the program ended with exit code 137 after 1.0 s; it ran out of memory (limit 64 MiB)',
      exitCode: 137,
      outOfMemory: true,
    });
  });

  it('is said to have as well where it has no limit of its own, and with another exit code', () => {
    expect(noted(ENDED_AT_MS, { outOfMemory: {} })?.trouble).toMatchObject({
      message: expect.stringMatching(
        /exit code 1 after .*out of memory \(no limit of its own\)$/,
      ) as string,
      outOfMemory: true,
    });
  });

  it('is tried again as any other, and of no other is it said', () => {
    expect(noted(ENDED_AT_MS, killed)?.retryAtMs).toBe(NOW_MS + 800);
    expect(noted(ENDED_AT_MS)?.trouble).not.toHaveProperty('outOfMemory');
  });

  it('is reported so', () => {
    const memory = noted(ENDED_AT_MS, killed);
    const situation = { kind: 'failed', trouble: memory!.trouble! } as const;
    const input = { host: HOST, placement, memory, situation, step: undefined, nowMs: NOW_MS };
    const report = reportOf(input);
    expect(report?.status).toMatchObject({ state: 'failed', exitCode: 137, outOfMemory: true });
    expect(reportCodec.decode(reportCodec.encode(report!), '')).toEqual(report);
  });
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

it('nor with the next look for a newer image', () => {
  const { instance, specHash } = placement;
  const failed = { tries: 1, retryAtMs: NOW_MS + 3_600_000, message: 'no answer' };
  const notes = noteExits({
    nowMs: NOW_MS,
    placements: new Map([[instance, placement]]),
    cluster: CLUSTER,
    containers: [],
    memory: new Map([[instance, { ...newMemory(specHash), refresh: { asked: 1, failed } }]]),
    deaths: new Map(),
    engineStartedAtMs: 0,
    formerRuns: new Set(),
  });
  expect(notes.memory.get(instance)?.refresh?.failed?.retryAtMs).toBe(NOW_MS + 60_000);
});

it('forgets what went wrong once it is to be stopped and nothing of it runs', () => {
  const stopped = { ...placement, wanted: 'stopped' as const };
  const trouble = { cause: 'image-not-found', message: 'no image' } as const;
  const after = (over: Partial<InstanceMemory>) =>
    noteExits({
      nowMs: NOW_MS,
      placements: new Map([[stopped.instance, stopped]]),
      cluster: CLUSTER,
      containers: [],
      memory: new Map([[stopped.instance, { ...newMemory(stopped.specHash), ...over }]]),
      deaths: new Map(),
      engineStartedAtMs: 0,
      formerRuns: new Set(),
    }).memory.get(stopped.instance);
  for (const over of [{ trouble }, { retryAtMs: NOW_MS + 9 }, { troubles: 2 }, { restarts: 1 }]) {
    expect(after(over)).toEqual(newMemory(stopped.specHash));
  }
  expect(after({})).toBeUndefined();
});

describe('a container that shares a network', () => {
  const proxy = aPlacement('shop.proxy.1', {}, { network: { instance: placement.instance } });
  const container = aContainer(proxy);
  const { startedAt } = exited();
  const joinedTo = (partner: ObservedContainer, memory = newMemory(proxy.specHash)): unknown =>
    noteExits({
      nowMs: NOW_MS,
      placements: new Map([[proxy.instance, proxy]]),
      cluster: CLUSTER,
      containers: [container, partner],
      memory: new Map([[proxy.instance, memory]]),
      deaths: new Map(),
      engineStartedAtMs: 0,
      formerRuns: new Set(),
    }).memory.get(proxy.instance)?.joined;

  it('is known to be with the run of its partner that it was first seen with', () => {
    const joined = { containerId: container.id, startedAt };
    const first = { ...joined, partners: [[placement.instance, startedAt]] as const };
    expect(joinedTo(aContainer(placement))).toEqual(first);
    const again = aContainer(placement, { run: up({ startedAt: 'again' }) });
    expect(joinedTo(again, { ...newMemory(proxy.specHash), joined: first })).toBeUndefined();
    const gone = aContainer(placement, { run: created });
    expect(joinedTo(gone)).toEqual({ ...joined, partners: [[placement.instance, '']] });
  });

  it('and not with one that was started since', () => {
    const later = up({ startedAtMs: STARTED_AT_MS + 10 });
    expect(joinedTo(aContainer(placement, { run: later }))).toMatchObject({ partners: [] });
  });
});
