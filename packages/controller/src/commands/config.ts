import { EXIT } from '@nap/shared';
import { renderConfig } from '../compose/index.js';
import type { CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { fileFlags, filesPositional } from './flags.js';
import { loadFiles } from './load.js';

const flags = {
  ...filesPositional,
  ...fileFlags,
  format: { choices: ['yaml', 'json'], default: 'yaml', description: 'output format' },
  quiet: { alias: 'q', type: 'boolean', default: false, description: 'only check, print nothing' },
} as const;

/** Prints the files as nap reads them; needs neither etcd nor Docker. */
export function configCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['config [files..]'],
    describe: 'check the Compose files and print them in canonical form',
    flags,
    positionals: ['files'],
    run: async (args) => {
      const loaded = await loadFiles(context, args);
      if (!args.quiet && loaded.model !== undefined) {
        context.out(renderConfig(loaded.model, args.format));
      }
      return EXIT.ok;
    },
  });
}
