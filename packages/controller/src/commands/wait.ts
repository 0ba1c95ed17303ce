import { EXIT, NapError, type ProjectName } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { GoalLines } from '../output/goal-lines.js';
import type { ClusterView } from '../plan/cluster-view.js';
import type { GoalState, WaitGoal } from '../plan/wait-goal.js';
import { awaitGoal } from '../rollout/await-goal.js';
import { readView } from '../rollout/read-view.js';
import { waitConverged } from './carry-out.js';
import { onlyProject, requireProjectName, withStore, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { etcdFlags, projectFlag, waitFlags } from './flags.js';

const flags = {
  services: { type: 'string', array: true, description: 'only these services' },
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
      const services = args.services ?? [];
      if (services.length > 0 && (goal === 'converged' || goal.kind === 'name')) {
        throw new NapError('USAGE', `--for ${args.for} is about the whole project`, {
          hint: 'name services with --for healthy, running or exited',
        });
      }
      return withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const project = projectOf(view, args.projectName);
        requireServices(view, project, services);
        if (goal !== 'converged') return reach(context, store, { project, services }, goal, args);
        await waitConverged(context, store, project, args);
        return EXIT.ok;
      });
    },
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

/** What is only leaving has nothing to wait for. */
function projectOf(view: ClusterView, named: string | undefined): ProjectName {
  if (named === undefined) return onlyProject(view);
  const project = requireProjectName(named);
  if (view.projects.has(project)) return project;
  const known = [...view.projects.keys()].sort().join(', ');
  throw new NapError('NOT_FOUND', `no project ${project} is applied`, {
    hint: known === '' ? 'no project was applied yet' : `there are: ${known}`,
  });
}

function requireServices(view: ClusterView, project: ProjectName, named: readonly string[]): void {
  const known: readonly string[] =
    view.projects.get(project)?.project.services.map(({ name }) => name) ?? [];
  const unknown = named.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new NapError('NOT_FOUND', `${project} has no service ${unknown}`, {
    hint: `there are: ${known.join(', ')}`,
  });
}

async function reach(
  context: CommandContext,
  store: Store,
  scope: { readonly project: ProjectName; readonly services: readonly string[] },
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
  const state = await awaitGoal({ store, scope, goal, timeoutMs: timeout * 1000, signal, onState });
  if (goal.kind !== 'exited') return EXIT.ok;
  for (const { instance, exitCode } of state.ended) context.out(`${instance} ${exitCode}`);
  // As `docker wait` says it and a shell would: the first that did not end well.
  return state.ended.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? EXIT.ok;
}
