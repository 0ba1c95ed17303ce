import { Dice } from '../sim/dice.js';
import {
  isFault,
  PROJECTS,
  targetsOf,
  type Action,
  type ChaosSchedule,
  type Fault,
  type Variant,
  type Wish,
} from './actions.js';

export interface ChaosWish {
  readonly seed: number;
  readonly minutes: number;
  readonly hosts: readonly string[];
  /** Of etcd. */
  readonly members: readonly string[];
}

const MINUTE_MS = 60_000;
const FIRST_MS = 1_000;
/** Things happen in bursts, so that they meet. */
const BURSTS_PER_MINUTE = 12;
const BURST_MS = 5_000;
const BURST_ACTIONS_MAX = 4;
/** Longer than a lease, its grace, and `stop_after`. */
const LONGEST_FAULT_MS = 40_000;
/** systemd gives up on dockerd after three starts within a minute. */
const ENGINE_CALM_MS = 21_000;
const CLOCK_OFFSET_MAX_S = 1_800;
/** Less is not noticed; with more than what can be borne an agent is cut off. */
const DELAY_MIN_MS = 50;
const DELAY_BORNE_MS = 700;
const DELAY_MAX_MS = 2_500;

type WishMaker = (dice: Dice, wish: Pick<ChaosWish, 'hosts'>) => Wish;
type FaultMaker = (dice: Dice, wish: ChaosWish) => Fault;

const variant = (dice: Dice): Variant => ({
  version: dice.whole(1, 3),
  web: dice.whole(0, 4),
  api: dice.whole(1, 2),
});

const apply: WishMaker = (dice) => ({
  kind: 'apply',
  project: dice.one(...PROJECTS),
  variant: variant(dice),
  waits: dice.one(true, false),
});

/** In the proportions in which they are wanted. */
const WISHES: readonly WishMaker[] = [
  apply,
  apply,
  apply,
  (dice) => ({ kind: 'scale', project: dice.one(...PROJECTS), web: dice.whole(0, 4) }),
  (dice) => ({ kind: 'rollback', project: dice.one(...PROJECTS) }),
  (dice) => ({ kind: dice.one('rollback', 'down'), project: dice.one(...PROJECTS) }),
  (dice, { hosts }) => ({ kind: 'drain', host: dice.one(...hosts) }),
  (dice, { hosts }) => ({
    kind: dice.one('activate', 'activate', 'pause'),
    host: dice.one(...hosts),
  }),
  (dice, { hosts }) => ({ kind: 'restart-agent', host: dice.one(...hosts) }),
];

const span = (dice: Dice): number => dice.spanMs(LONGEST_FAULT_MS);

const OF_HOSTS: readonly FaultMaker[] = [
  (dice, { hosts }) => ({ kind: 'kill-agent', host: dice.one(...hosts), forMs: 2_000 }),
  (dice, { hosts }) => ({ kind: 'freeze-agent', host: dice.one(...hosts), forMs: span(dice) }),
  (dice, { hosts }) => ({ kind: 'kill-dockerd', host: dice.one(...hosts), forMs: ENGINE_CALM_MS }),
  (dice, { hosts }) => ({ kind: 'freeze-dockerd', host: dice.one(...hosts), forMs: span(dice) }),
  (dice, { hosts }) => ({ kind: 'power-cut', host: dice.one(...hosts), forMs: span(dice) }),
  (dice, { hosts }) => ({ kind: 'freeze-host', host: dice.one(...hosts), forMs: span(dice) }),
  (dice, { hosts }) => ({
    kind: dice.one('disk-full', 'engine-disk-full'),
    host: dice.one(...hosts),
    forMs: span(dice),
  }),
  (dice, { hosts }) => ({
    ...{ kind: 'set-clock', host: dice.one(...hosts), forMs: span(dice) },
    bySeconds: dice.one(1, -1) * dice.one(dice.whole(1, 30), dice.whole(30, CLOCK_OFFSET_MAX_S)),
  }),
];

const OF_THE_NETWORK: readonly FaultMaker[] = [
  (dice, { hosts, members }) => ({
    kind: dice.one('cut', 'cut', 'one-way'),
    machine: dice.one(...hosts, ...members),
    forMs: span(dice),
  }),
  (dice, { hosts }) => ({ kind: 'cut', machine: dice.one(...hosts), forMs: span(dice) }),
  (dice, { hosts, members }) => {
    const machine = dice.one(...hosts);
    const others = [...hosts, ...members].filter((it) => it !== machine);
    return { kind: 'apart', machine, from: dice.one(...others), forMs: span(dice) };
  },
  (dice, { hosts, members }) => ({
    ...{ kind: 'lose', machine: dice.one(...hosts, ...members), forMs: span(dice) },
    percent: dice.one(5, 20, 50),
  }),
  (dice, { hosts }) => ({
    ...{ kind: 'delay', host: dice.one(...hosts), forMs: span(dice) },
    byMs: dice.one(
      dice.whole(DELAY_MIN_MS, DELAY_BORNE_MS),
      dice.whole(DELAY_BORNE_MS, DELAY_MAX_MS),
    ),
  }),
];

const OF_THE_CONTROL_PLANE: readonly FaultMaker[] = [
  (dice) => ({
    kind: dice.one('kill-daemon', 'freeze-daemon'),
    daemon: dice.one(0, 1),
    forMs: span(dice),
  }),
  (dice, { members }) => ({
    kind: dice.one('kill-etcd', 'freeze-etcd', 'stutter-etcd'),
    member: dice.one(...members),
    forMs: span(dice),
  }),
  (dice) => ({ kind: dice.one('etcd-full', 'compact-etcd'), forMs: span(dice) }),
];

/** What some operator does next. */
export function makeWish(dice: Dice, hosts: readonly string[]): Wish {
  return dice.one(...WISHES)(dice, { hosts });
}

/** The same seed, minutes and machines make the same schedule. All faults are over at its end. */
export function makeChaos(wish: ChaosWish): ChaosSchedule {
  const { seed, minutes } = wish;
  const dice = new Dice(seed);
  const lastMs = minutes * MINUTE_MS;
  const drawn: Action[] = [];
  for (let burst = 0; burst < minutes * BURSTS_PER_MINUTE; burst += 1) {
    const atMs = dice.whole(FIRST_MS, lastMs);
    const count = dice.whole(1, BURST_ACTIONS_MAX);
    for (let made = 0; made < count; made += 1) {
      const makers = dice.one<readonly (WishMaker | FaultMaker)[]>(
        ...[WISHES, WISHES, OF_HOSTS, OF_THE_NETWORK, OF_THE_CONTROL_PLANE],
      );
      const action = { ...dice.one(...makers)(dice, wish), atMs: atMs + dice.whole(0, BURST_MS) };
      if (action.atMs < lastMs) drawn.push(action);
    }
  }
  drawn.sort((a, b) => a.atMs - b.atMs);
  return { seed, minutes, actions: withoutClashes(drawn, lastMs) };
}

/** Leaves out what begins while its target is broken already, and ends in time what would last too long. */
function withoutClashes(actions: readonly Action[], lastMs: number): readonly Action[] {
  const freeAtMs = new Map<string, number>();
  const kept: Action[] = [];
  for (const action of actions) {
    if (!isFault(action)) {
      kept.push(action);
      continue;
    }
    const targets = targetsOf(action);
    if (targets.some((it) => action.atMs < (freeAtMs.get(it) ?? 0))) continue;
    const forMs = Math.min(action.forMs, lastMs - action.atMs);
    for (const it of targets) freeAtMs.set(it, action.atMs + forMs + PAUSE_MS);
    kept.push({ ...action, forMs });
  }
  return kept;
}

/** What mending takes. */
const PAUSE_MS = 3_000;
