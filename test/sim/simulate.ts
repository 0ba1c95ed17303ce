import { actionText, type Action, type Schedule } from './actions.js';
import { withoutRealTime } from './real-time.js';
import type { Seams } from './sim-host.js';
import { World } from './world.js';

export interface Outcome {
  /** Undefined: every rule held, and the final state was reached. */
  readonly violation: string | undefined;
  readonly trace: readonly string[];
  /** Simulated. */
  readonly durationMs: number;
}

/** Backoffs of a minute, leases, and what a brake adds. */
const CALM_MS = 600_000;
const CALM_STEP_MS = 5_000;
const NO_SEAMS: Seams = {};

/** One history from its schedule: the same schedule has the same outcome, line by line. */
export function simulate(schedule: Schedule, seams: Seams = NO_SEAMS): Promise<Outcome> {
  const world = new World(schedule, seams);
  return withoutRealTime(world.clock, () => run(world, schedule.actions));
}

async function run(world: World, actions: readonly Action[]): Promise<Outcome> {
  const onBug = (err: unknown): void => {
    world.fail(`nobody handles ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`);
  };
  process.on('unhandledRejection', onBug);
  try {
    world.start();
    await go(world, actions);
    if (world.violation === undefined) await calmDown(world);
    return {
      violation: world.violation,
      trace: world.trace.lines,
      durationMs: world.clock.monotonicMs(),
    };
  } finally {
    process.off('unhandledRejection', onBug);
  }
}

async function go(world: World, actions: readonly Action[]): Promise<void> {
  for (const action of [...actions].sort((a, b) => a.atMs - b.atMs)) {
    await world.clock.advance(Math.max(0, action.atMs - world.clock.monotonicMs()));
    if (world.violation !== undefined) return;
    world.trace.add(world.clock.monotonicMs(), 'sim', actionText(action));
    world.perform(action);
  }
  await world.clock.advance(CALM_STEP_MS);
}

async function calmDown(world: World): Promise<void> {
  world.heal();
  await world.clock.advance(CALM_STEP_MS);
  world.activateAll();
  const untilMs = world.clock.monotonicMs() + CALM_MS;
  let left: readonly string[] = ['nothing was looked at'];
  while (world.clock.monotonicMs() < untilMs && world.violation === undefined) {
    await world.clock.advance(CALM_STEP_MS);
    const isBusy = world.ops.some((ops) => ops.hasCommands);
    left = isBusy ? ['a command still runs'] : world.differences();
    if (left.length === 0) return;
  }
  world.fail(`the final state is not reached: ${left.join('; ')}`);
}
