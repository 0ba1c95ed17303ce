import { withDependencies, withStarted } from '../plan/stopped.js';
import { changeProgram, programFlags } from './change-program.js';
import { indexesOf } from './chosen-services.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';

/** Starts what was stopped. */
export function startCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['start [names..]'],
    describe: 'start instances that were stopped, in the order in which they depend on one another',
    flags: programFlags,
    positionals: ['names'],
    details:
      'Makes a new revision of the project. What the instances depend on and is stopped is started too. See [stop, start, restart](stop-and-restart.md).',
    examples: [
      ['$0 start', 'all of the only project'],
      ['$0 start shop web', 'one service, and what it depends on'],
      ['$0 start web/2', 'one instance'],
    ],
    run: (args) =>
      changeProgram(context, args, {
        ...{ verb: 'start', nothing: 'nothing is stopped', isPastRollouts: true },
        change: (project, { chosen }, view) =>
          withStarted(project, withDependencies(project, chosen), (service) =>
            indexesOf(view, project, service),
          ),
      }),
  });
}
