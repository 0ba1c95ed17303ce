import { EXIT } from '@nap/shared/errors';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';

export function versionCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['version'],
    describe: 'print the version',
    flags: {},
    examples: [['$0 version', 'as --version does']],
    run: () => {
      context.out(context.version ?? '');
      return Promise.resolve(EXIT.ok);
    },
  });
}
