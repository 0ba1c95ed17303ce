import { withStopped } from '../plan/stopped.js';
import { changeProgram, programFlags, stopGraceMs, stopTimeoutFlag } from './change-program.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';

/** Stops instances and keeps them so, wherever they are and whatever happens to their hosts, until they are started. */
export function stopCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['stop [names..]'],
    describe: 'stop instances and keep their containers; they stay stopped until they are started',
    flags: { ...programFlags, ...stopTimeoutFlag } as const,
    positionals: ['names'],
    details:
      'Makes a new revision of the project. What depends on others is stopped before them; what still runs and depends on something that is stopped runs on. Reboots and lost hosts start nothing that is stopped; `start`, `restart` and `apply` do. See [stop, start, restart](stop-and-restart.md).',
    examples: [
      ['$0 stop', 'all of the only project'],
      ['$0 stop shop web', 'one service of a project'],
      ['$0 stop web/2 -t 30', 'one instance, which may take 30 s to end'],
      ['$0 stop shop --plan', 'what that would do'],
    ],
    run: async (args) => {
      const graceMs = stopGraceMs(args.stopTimeout);
      return changeProgram(context, args, {
        ...{ verb: 'stop', nothing: 'already stopped', isPastRollouts: true },
        change: (project, { chosen }) => withStopped(project, chosen, graceMs),
      });
    },
  });
}
