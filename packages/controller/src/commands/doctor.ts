import { EXIT } from '@nap/shared';
import { readStoreOptions } from '@nap/shared/runtime';
import { diagnose } from '../doctor/diagnose.js';
import { isUnknown } from '../doctor/doctor-facts.js';
import { renderFindings } from '../output/doctor-view.js';
import { collectDoctorFacts } from './collect-doctor-facts.js';
import { outList, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag } from './flags.js';

const flags = {
  ...etcdFlags,
  ...formatFlag,
  'flannel-prefix': {
    type: 'string',
    default: '/coreos.com/network',
    description: "root of flannel's keys in etcd",
  },
  listen: {
    type: 'number',
    default: 0,
    description: 'seconds to wait for the hosts to tell their clocks; 40 is enough by default',
  },
} as const;

/** Looks at etcd, the hosts and the network between them, and says what is wrong, how that shows, and what to do. */
export function doctorCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['doctor'],
    describe: 'look for what is wrong with etcd, the hosts and their network',
    flags,
    examples: [
      ['$0 doctor', `ends with ${EXIT.findings} when it finds errors`],
      ['$0 doctor --listen 40', "also measures the hosts' clocks"],
    ],
    run: async (args) => {
      const { clock, signal, version = '' } = context;
      const nowMs = (): number => clock.nowMs();
      const facts = await collectDoctorFacts({
        storeOptions: await readStoreOptions(args),
        ...{ flannelPrefix: args.flannelPrefix, listenMs: args.listen * 1000 },
        ...{ version, nowMs, signal },
      });
      const findings = diagnose(facts);
      outList(context, renderFindings(facts, findings, args.format));
      if (isUnknown(facts.etcd) && isUnknown(facts.view)) return EXIT.unreachable;
      return findings.some(({ severity }) => severity === 'error') ? EXIT.findings : EXIT.ok;
    },
  });
}
