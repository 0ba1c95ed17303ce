import type { Passing } from '@nap/shared/testing';
import { HOSTS, OPS, SLOW_CALLS, type Action, type Happening, type Schedule } from './actions.js';
import { Dice } from './dice.js';
import { PROJECTS, SCALED, STOPPABLE, type Variant } from './projects.js';

const variant = (dice: Dice): Variant => ({
  version: dice.whole(1, 3),
  data: dice.one(1, 1, 1, 2),
  web: dice.whole(0, 3),
  api: dice.whole(1, 2),
});

const machine = (dice: Dice): (typeof HOSTS)[number] | (typeof OPS)[number] =>
  dice.one(...HOSTS, ...OPS);

const passing = (dice: Dice): Passing => dice.one('hold', 'drop');

/** Most operators leave. */
const waits = (dice: Dice): boolean => dice.one(true, false, false, false);

/** What must not run twice is replaced after half a minute and more. */
const LONG_CUT_MS = 75_000;

type Maker = (dice: Dice) => Happening;

/** Operators, in the proportions in which they are wanted. */
const WISHES: readonly Maker[] = [
  (dice) => ({
    kind: 'apply',
    project: dice.one(...PROJECTS),
    variant: variant(dice),
    waits: waits(dice),
  }),
  (dice) => ({
    kind: 'apply',
    project: dice.one(...PROJECTS),
    variant: variant(dice),
    waits: waits(dice),
  }),
  (dice) => ({
    kind: 'scale',
    project: dice.one(...PROJECTS),
    service: dice.one(...SCALED),
    replicas: dice.whole(0, 3),
    waits: waits(dice),
  }),
  (dice) => ({
    kind: dice.one('stop', 'stop', 'start', 'restart', 'restart'),
    project: dice.one(...PROJECTS),
    names: dice.one<readonly string[]>([], ...STOPPABLE),
    waits: waits(dice),
  }),
  (dice) => ({ kind: 'rollback', project: dice.one(...PROJECTS), waits: waits(dice) }),
  (dice) => ({
    kind: dice.one('drain', 'activate', 'pause'),
    host: dice.one(...HOSTS),
    waits: waits(dice),
  }),
  (dice) => ({ kind: 'drain', host: dice.one(...HOSTS), waits: waits(dice) }),
  (dice) => ({
    kind: 'down',
    project: dice.one(...PROJECTS),
    volumes: dice.one(true, false, false),
    waits: waits(dice),
  }),
];

const FAULTS: readonly Maker[] = [
  () => ({ kind: 'kill-operators' }),
  (dice) => ({
    kind: dice.one('kill-agent', 'stop-agent'),
    host: dice.one(...HOSTS),
    forMs: dice.spanMs(),
  }),
  (dice) => ({ kind: 'freeze-agent', host: dice.one(...HOSTS), forMs: dice.spanMs() }),
  (dice) => ({ kind: 'power-cut', host: dice.one(...HOSTS), forMs: dice.spanMs() }),
  (dice) => ({
    kind: 'restart-engine',
    host: dice.one(...HOSTS),
    how: dice.one('stopped', 'crashed'),
    forMs: dice.spanMs(),
  }),
  (dice) => ({
    kind: dice.one('kill-daemon', 'freeze-daemon'),
    ops: dice.one(...OPS),
    forMs: dice.spanMs(),
  }),
  (dice) => {
    const how = passing(dice);
    const [there, back] = dice.one<readonly [Passing, Passing]>(
      [how, how],
      ['pass', how],
      [how, 'pass'],
    );
    return { kind: 'cut', machine: machine(dice), there, back, forMs: dice.spanMs(LONG_CUT_MS) };
  },
  (dice) => ({ kind: 'etcd-away', how: passing(dice), forMs: dice.spanMs() }),
  (dice) => ({ kind: 'restart-etcd', forMs: dice.spanMs() }),
  (dice) => ({ kind: 'reset', machine: machine(dice) }),
  () => ({ kind: 'compact' }),
  (dice) => ({
    kind: 'slow-docker',
    host: dice.one(...HOSTS),
    call: dice.one(...SLOW_CALLS),
    ms: dice.whole(500, 8_000),
    forMs: dice.spanMs(),
  }),
  (dice) => ({
    kind: 'fail-docker',
    host: dice.one(...HOSTS),
    call: dice.one(...SLOW_CALLS),
    code: dice.one('DOCKER_UNAVAILABLE', 'DOCKER_REFUSED'),
    isDone: dice.one(true, false),
  }),
  (dice) => ({
    kind: 'set-clock',
    host: dice.one(...HOSTS),
    byMs: dice.one(1, -1) * dice.one(dice.whole(100, 5_000), dice.whole(5_000, 3_600_000)),
  }),
  (dice) => ({
    kind: 'end-program',
    host: dice.one(...HOSTS),
    nth: dice.whole(0, 9),
    code: dice.one(0, 1),
  }),
  (dice) => ({ kind: 'stop-container', host: dice.one(...HOSTS), nth: dice.whole(0, 9) }),
  (dice) => ({ kind: 'remove-container', host: dice.one(...HOSTS), nth: dice.whole(0, 9) }),
];

/** What most clusters never see: not in every history. */
const DISASTERS: readonly Maker[] = [
  (dice) => ({ kind: 'restore-etcd', agoMs: dice.whole(1_000, 60_000) }),
];
const DISASTER_EVERY = 10;

/**
 * What must not run twice is taken away around the time at which a host is cut off, and wanted again: by chance alone that
 * hardly ever meets.
 */
function secondThoughts(dice: Dice): readonly Action[] {
  const atMs = dice.whole(10_000, LAST_MS);
  const blog = { project: 'blog', waits: false } as const;
  const forMs = dice.whole(15_000, LONG_CUT_MS);
  const away = dice.one<Happening>(
    { kind: 'cut', machine: dice.one(...HOSTS), there: 'drop', back: 'drop', forMs },
    { kind: 'etcd-away', how: 'drop', forMs: dice.spanMs() },
    { kind: 'slow-docker', host: dice.one(...HOSTS), call: 'stop', ms: 8_000, forMs },
  );
  const [off, on] = dice.one<readonly [Happening, Happening]>(
    [
      { kind: 'scale', service: 'ledger', replicas: 0, ...blog },
      { kind: 'scale', service: 'ledger', replicas: 1, ...blog },
    ],
    [
      { kind: 'down', volumes: dice.one(true, false), ...blog },
      { kind: 'apply', variant: variant(dice), ...blog },
    ],
  );
  const offMs = atMs + dice.whole(-2_000, 13_000);
  return [
    { ...away, atMs },
    { ...off, atMs: offMs },
    { ...on, atMs: offMs + dice.one(dice.whole(100, 8_000), dice.whole(100, 30_000)) },
  ];
}
const SECOND_THOUGHTS_EVERY = 3;

/** A host that is off, or only cut off, is taken for gone, and comes back. */
function takenForGone(dice: Dice): readonly Action[] {
  const atMs = dice.whole(10_000, LAST_MS);
  const host = dice.one(...HOSTS);
  const isOff = dice.one(true, false);
  const forMs = dice.whole(15_000, LONG_CUT_MS);
  const away: Happening = isOff
    ? { kind: 'power-cut', host, forMs }
    : { kind: 'cut', machine: host, there: 'drop', back: 'drop', forMs };
  return [
    { ...away, atMs },
    { kind: 'host-rm', host, isOff, atMs: atMs + dice.whole(10_500, 30_000) },
  ];
}
const TAKEN_FOR_GONE_EVERY = 8;

/** Faults come in bursts, so that they meet. */
const BURST_MS = 6_000;
const FIRST_MS = 1_000;
const LAST_MS = 90_000;

/** The same seed makes the same schedule. */
export function makeSchedule(seed: number): Schedule {
  const dice = new Dice(seed);
  const actions: Action[] = [
    { kind: 'apply', project: 'shop', variant: variant(dice), waits: false, atMs: FIRST_MS },
    {
      kind: 'apply',
      project: 'blog',
      variant: variant(dice),
      waits: false,
      atMs: dice.whole(FIRST_MS, 8_000),
    },
  ];
  const bursts = dice.whole(1, 6);
  for (let burst = 0; burst < bursts; burst += 1) {
    const atMs = dice.whole(FIRST_MS, LAST_MS);
    const count = dice.whole(1, 4);
    for (let made = 0; made < count; made += 1) {
      const maker = dice.one(...dice.one(WISHES, FAULTS, FAULTS));
      actions.push({ ...maker(dice), atMs: atMs + dice.whole(0, BURST_MS) });
    }
  }
  if (dice.whole(1, SECOND_THOUGHTS_EVERY) === 1) actions.push(...secondThoughts(dice));
  if (dice.whole(1, TAKEN_FOR_GONE_EVERY) === 1) actions.push(...takenForGone(dice));
  if (dice.whole(1, DISASTER_EVERY) === 1) {
    const maker = dice.one(...DISASTERS);
    actions.push({ ...maker(dice), atMs: dice.whole(FIRST_MS, LAST_MS) });
  }
  const latencyMs = dice.one(12, 12, 60, 400);
  return { seed, latencyMs, actions: actions.sort((a, b) => a.atMs - b.atMs) };
}
