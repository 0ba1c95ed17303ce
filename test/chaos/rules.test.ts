import { instanceId, type Placement, type SpecHash } from '@nap/shared';
import { Impairments } from './impairments.js';
import { placementId, PlacementsLog } from './placements-log.js';
import { Rules } from './rules.js';
import type { SeenContainer, SeenHost } from './seen.js';

const HASH = `v1:${'a'.repeat(64)}` as SpecHash;
const WEB = instanceId('shop.web.1');
const DB = instanceId('shop.db.1');
const ONCE = instanceId('shop.once.1');

let rules: Rules;
let log: PlacementsLog;
let broken: Impairments;

beforeEach(() => {
  broken = new Impairments();
  log = new PlacementsLog();
  const of = { once: new Set([ONCE]), startFirst: new Set(['shop.web']) };
  rules = new Rules(of, broken, log);
});

const container = (instance: string, id = instance, isRunning = true): SeenContainer => ({
  ...{ id, name: id, isRunning },
  own: { instance: instanceId(instance), specHash: HASH },
});

const host = (
  name: string,
  containers: readonly SeenContainer[],
  volumes: readonly string[] = [],
): SeenHost => ({ name, engine: { containers, volumes } });

/** The same samples one second after the other; the last complaints. */
function seen(hosts: readonly SeenHost[], times: number, fromMs = 0): readonly string[] {
  let found: readonly string[] = [];
  for (let at = 0; at < times; at += 1) found = rules.judge(fromMs + at * 1_000, hosts);
  return found;
}

const placed = (instance: string): Placement =>
  // Of a placement the rules look at these only.
  ({ instance: instanceId(instance), specHash: HASH, wanted: 'running' }) as Placement;

function reading(atMs: number, revision: string | undefined): void {
  const entry = [
    placementId('a', DB),
    { placement: placed(DB), revision: revision ?? '' },
  ] as const;
  log.add({
    ...{ fromMs: atMs, toMs: atMs },
    placements: new Map(revision === undefined ? [] : [entry]),
  });
}

describe('two of an instance', () => {
  it('on one host are only allowed where the new one may start first', () => {
    expect(seen([host('a', [container(WEB, '1'), container(WEB, '2')])], 3)).toEqual([]);
    expect(seen([host('a', [container(DB, '1'), container(DB, '2')])], 2)).toEqual([
      'shop.db.1 runs 2 times, on a',
    ]);
  });

  it('that are not seen in two samples may be one after the other', () => {
    expect(seen([host('a', [container(ONCE, '1')]), host('b', [])], 1)).toEqual([]);
    expect(seen([host('a', [container(ONCE, '1')]), host('b', [container(ONCE, '2')])], 1)).toEqual(
      [],
    );
    expect(seen([host('a', []), host('b', [container(ONCE, '2')])], 1)).toEqual([]);
  });

  const both = (instance: string): readonly SeenHost[] => [
    host('a', [container(instance, '1')]),
    host('b', [container(instance, '2')]),
  ];

  it('that must not run twice are never allowed where both hosts work, also not while one is cut off', () => {
    broken.begin({ kind: 'network' });
    expect(seen(both(ONCE), 2)).toEqual(['shop.once.1 runs 2 times, on a and b']);
  });

  it('are excused while an agent or a host does not work, and for a while after it', () => {
    const impairment = { kind: 'machine', host: 'a' } as const;
    broken.begin(impairment);
    expect(seen(both(ONCE), 2)).toEqual([]);
    broken.end(impairment, 2_000);
    expect(seen(both(ONCE), 2, 3_000)).toEqual([]);
    expect(seen(both(ONCE), 2, 30_000)).toHaveLength(1);
  });

  it('on two hosts of which one was cut off have to be one again after a while', () => {
    const impairment = { kind: 'network' } as const;
    broken.begin(impairment);
    expect(seen(both(DB), 60)).toEqual([]);
    broken.end(impairment, 60_000);
    expect(seen(both(DB), 10, 60_000)).toEqual([]);
    expect(seen(both(DB), 1, 125_000)).toHaveLength(1);
  });
});

describe('what is not to be touched', () => {
  it('a foreign container stays', () => {
    const foreign: SeenContainer = { id: 'f', name: 'foreign', isRunning: true };
    expect(seen([host('a', [foreign])], 2)).toEqual([]);
    expect(seen([host('a', [])], 1)).toEqual([
      'the foreign container of a is gone, or another one',
    ]);
  });

  it('a named volume stays; what an engine that is away has is not known', () => {
    const anonymous = 'f'.repeat(64);
    expect(seen([host('a', [], ['data', anonymous])], 1)).toEqual([]);
    expect(seen([{ name: 'a' }], 1)).toEqual([]);
    expect(seen([host('a', [], ['data'])], 1)).toEqual([]);
    expect(seen([host('a', [], [])], 1)).toEqual(['the volume data of a is gone']);
  });
});

describe('a container that is gone', () => {
  const before = [host('a', [container(DB, '1')])];

  it('was taken unasked when it was placed there all the time', () => {
    for (const atMs of [0, 30_000, 99_000]) reading(atMs, '7');
    rules.judge(100_000, before);
    rules.judge(101_000, [host('a', [])]);
    reading(102_000, '7');
    expect(rules.judge(103_000, [host('a', [])])).toEqual([
      '1 (1) was removed on a, where it was placed all the time',
    ]);
  });

  it.each([
    ['its placement was written meanwhile', ['7', '8', '8']],
    ['its placement was gone for a moment', ['7', undefined, '7']],
    ['nobody knows', [undefined, undefined, '7']],
  ])('is no complaint: %s', (_why, revisions) => {
    for (const [at, revision] of revisions.entries()) reading(at * 30_000, revision);
    rules.judge(100_000, before);
    rules.judge(101_000, [host('a', [])]);
    reading(102_000, '7');
    expect(rules.judge(103_000, [host('a', [])])).toEqual([]);
  });

  it('may have fallen with its engine, and is then stopped, not removed', () => {
    for (const atMs of [0, 30_000, 99_000]) reading(atMs, '7');
    broken.begin({ kind: 'machine', host: 'a' });
    rules.judge(100_000, before);
    rules.judge(101_000, [host('a', [container(DB, '1', false)])]);
    reading(102_000, '7');
    expect(rules.judge(103_000, [host('a', [container(DB, '1', false)])])).toEqual([]);
  });
});
