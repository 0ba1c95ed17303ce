import { EXIT, NapError } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { GoalLines } from '../output/goal-lines.js';
import type { GoalState, WaitGoal } from '../plan/wait-goal.js';
import { awaitGoal } from '../rollout/await-goal.js';
import { readView } from '../rollout/read-view.js';
import { waitConverged } from './carry-out.js';
import { chosenServices, type ChosenServices } from './chosen-services.js';
import { withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { etcdFlags, NAME_FORMS, projectFlag, waitFlags } from './flags.js';

const flags = {
  services: {
    type: 'string',
    array: true,
    description: `${NAME_FORMS}; default: all of the project`,
  },
  for: {
    type: 'string',
    default: 'converged',
    description: 'converged, healthy, running, exited, or name=web-1',
  },
  ...etcdFlags,
  ...projectFlag,
  ...waitFlags,
} as const;

/** Waits for a state that others bring about, and ends with the exit code of the program where it waits for its end. */
export function waitCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['wait [services..]'],
    describe: 'wait until a project, or some of its services, are as asked for',
    flags,
    positionals: ['services'],
    examples: [
      ['$0 wait -p shop', 'until all is as wanted'],
      ['$0 wait --for healthy web', 'until every instance of web is healthy'],
      ['$0 wait --for exited migrate', 'ends with the exit code of migrate'],
      ['$0 wait --for name=web-1', 'until the name stands in the hosts files'],
    ],
    run: async (args) => {
      const goal = parseGoal(args.for);
      return withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const what = chosenServices(view, { names: args.services, projectName: args.projectName });
        if (goal === 'converged' || goal.kind === 'name') requireWhole(what, args.for);
        if (goal !== 'converged') return reach(context, store, what, goal, args);
        await waitConverged(context, store, what.name, args);
        return EXIT.ok;
      });
    },
  });
}

/** Throws USAGE for what is asked of services and is true of projects. */
function requireWhole({ name, text, isWhole }: ChosenServices, goal: string): void {
  if (isWhole) return;
  throw new NapError('USAGE', `wait ${text}: --for ${goal} is about all of ${name}`, {
    hint: `nap-controller wait -p ${name} waits for all of it; --for healthy, running or exited for ${text} alone`,
  });
}

/** Throws USAGE. */
export function parseGoal(text: string): WaitGoal | 'converged' {
  if (text === 'converged') return text;
  if (text === 'healthy' || text === 'running' || text === 'exited') return { kind: text };
  const [, name] = /^name=(\S+)$/.exec(text) ?? [];
  if (name !== undefined) return { kind: 'name', name };
  throw new NapError('USAGE', `--for ${JSON.stringify(text)}: nothing that can be waited for`, {
    hint: 'converged, healthy, running, exited, or name=web-1',
  });
}

async function reach(
  context: CommandContext,
  store: Store,
  what: ChosenServices,
  goal: WaitGoal,
  args: Pick<ArgsOf<typeof flags>, 'timeout' | 'progress'>,
): Promise<number> {
  const lines = new GoalLines();
  const onState = (state: GoalState): void => {
    if (args.progress === 'quiet') return;
    for (const line of lines.next(state)) context.err(line);
  };
  const { timeout } = args;
  const { signal } = context;
  const scope = { project: what.name, ...(what.isWhole ? {} : { chosen: what.chosen }) };
  const state = await awaitGoal({ store, scope, goal, timeoutMs: timeout * 1000, signal, onState });
  if (goal.kind !== 'exited') return EXIT.ok;
  for (const { instance, exitCode } of state.ended) context.out(`${instance} ${exitCode}`);
  // As `docker wait` says it and a shell would: the first that did not end well.
  return state.ended.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? EXIT.ok;
}
