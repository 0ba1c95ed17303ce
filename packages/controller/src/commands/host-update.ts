import { EXIT, NapError } from '@nap/shared';
import { declareCommand, type RegisterCommand } from './declare-command.js';

/** Swarm's `node update --availability`: the commands that do it are given. */
export function hostUpdateCommand(
  byAvailability: Readonly<Record<'active' | 'pause' | 'drain', RegisterCommand>>,
): RegisterCommand {
  const { flags } = byAvailability.drain.description;
  return declareCommand({
    command: ['update <host>'],
    describe: 'alias of activate, pause and drain, as Swarm writes them',
    flags: {
      ...(flags as object),
      host: { type: 'string', demandOption: true, description: 'name of a host' },
      availability: {
        choices: ['active', 'pause', 'drain'],
        demandOption: true,
        description: 'whether the host gets instances, keeps those it has, or is emptied',
      },
    } as const,
    positionals: ['host'],
    examples: [
      ['$0 node update --availability drain host-b', 'as host drain host-b'],
      ['$0 node update --availability active host-b', 'as host activate host-b'],
    ],
    run: async (args) => {
      if (args['plan'] === true && args.availability !== 'drain') {
        throw new NapError('USAGE', '--plan is for --availability drain', {
          hint: 'the others move nothing',
        });
      }
      return (await byAvailability[args.availability].carryOut?.(args)) ?? EXIT.ok;
    },
  });
}
