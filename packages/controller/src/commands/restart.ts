import { NapError, type Project } from '@nap/shared';
import { lastRestartMs, withRestarts } from '../plan/restarts.js';
import { withDependencies, withStarted } from '../plan/stopped.js';
import { changeProgram, programFlags, stopGraceMs, stopTimeoutFlag } from './change-program.js';
import { indexesOf, type ChosenServices } from './chosen-services.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';

const flags = {
  ...programFlags,
  ...stopTimeoutFlag,
  parallel: {
    type: 'number',
    description: 'instances of a service at a time; default: update_config.parallelism, or 1',
  },
  'all-at-once': { type: 'boolean', default: false, description: 'as --parallel 0: all at a time' },
} as const;

/** Restarts containers in place, a few at a time. */
export function restartCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['restart [names..]'],
    describe:
      'restart containers in place, one after the other; those that are stopped are started',
    flags,
    positionals: ['names'],
    details:
      'Makes a new revision of the project. Each container loses its name first, gets its drain time, is stopped and started again, and has to be well before the next one, as `deploy.update_config` says. Services that others depend on go first. It stands still when one fails. See [stop, start, restart](stop-and-restart.md).',
    examples: [
      ['$0 restart shop web', 'one service, an instance at a time'],
      ['$0 restart web/2', 'one instance'],
      ['$0 restart shop --all-at-once', 'without minding who uses it'],
    ],
    run: async (args) => {
      const parallelism = args.allAtOnce ? 0 : args.parallel;
      if (parallelism !== undefined && !(Number.isInteger(parallelism) && parallelism >= 0)) {
        throw new NapError('USAGE', '--parallel takes a number of instances', {
          hint: 'such as --parallel 2; 0: all at a time',
        });
      }
      const graceMs = stopGraceMs(args.stopTimeout);
      let askedAtMs: number | undefined;
      return changeProgram(context, args, {
        ...{ verb: 'restart', nothing: 'nothing to restart', isPastRollouts: false },
        change: (project, what, view) => {
          // Settled once: planning again, as when somebody else was quicker, must not ask for another restart.
          askedAtMs ??= newRequestMs(project, what, context.clock.nowMs());
          const started = withStarted(project, withDependencies(project, what.chosen), (service) =>
            indexesOf(view, project, service),
          );
          return withRestarts(started, what.chosen, { atMs: askedAtMs, parallelism, graceMs });
        },
      });
    },
  });
}

/** Later than any before, whoever's clock that was. */
function newRequestMs({ services }: Project, { chosen }: ChosenServices, nowMs: number): number {
  const before = services.filter(({ name }) => chosen.has(name)).map(lastRestartMs);
  return Math.max(nowMs, ...before.map((ms) => ms + 1));
}
