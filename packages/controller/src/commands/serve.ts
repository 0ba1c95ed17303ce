import { hostname } from 'node:os';
import { NapError } from '@nap/shared/errors';
import { createLog, manyListeners, runLifecycle } from '@nap/shared/runtime';
import { createFailover } from '../failover/failover.js';
import { DEFAULT_LOSS_POLICY } from '../plan/host-loss.js';
import { withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags } from './flags.js';

const STOP_WITHIN_MS = 10_000;

const flags = {
  ...etcdFlags,
  grace: {
    type: 'number',
    description: `seconds that a host may be away beyond its lease before its instances move; by default none where all others prove to be well, else ${DEFAULT_LOSS_POLICY.graceMs / 1000}, or more where leases are longer`,
  },
  'brake-share': {
    type: 'number',
    default: DEFAULT_LOSS_POLICY.brakeShare,
    description: 'move nothing while more than this part of the hosts is away',
  },
  'lease-ttl': {
    type: 'number',
    default: 10,
    description: 'seconds after the death of this daemon until another takes over',
  },
  'log-level': {
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    description: 'what to log on standard error',
  },
} as const;

/** The daemon: any number may run, one is active. Losing all of them stops nothing; nothing moves then either. */
export function serveCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['serve'],
    describe: 'run as a daemon: instances of lost and drained hosts go elsewhere',
    flags,
    details: `Any number may run; one is active, the others wait for its lease to end. Losing all of them stops no container; nothing moves then
either. \`deploy/README.md\` has the systemd unit.`,
    examples: [
      ['$0 serve', 'with the defaults, logging to standard error'],
      ['$0 serve --grace 30 --brake-share 0.3', 'slower to move, and sooner to stand still'],
    ],
    run: (args) => {
      checkRanges(args);
      return withStore(args, async (store) => {
        const log = createLog({ level: args.logLevel });
        const identity = `nap-controller serve on ${hostname()} (pid ${process.pid})`;
        const { grace, brakeShare } = args;
        log.info('daemon starts', { identity, graceS: grace, brakeShare });
        const asked = grace === undefined ? {} : { graceMs: grace * 1000, isGraceFixed: true };
        const daemon = createFailover({
          ...{ store, identity, log },
          policy: { ...DEFAULT_LOSS_POLICY, ...asked, brakeShare },
          leaseTtlS: args.leaseTtl,
          clock: context.clock,
          random: Math.random,
        });
        // A signal is how a daemon is meant to end: no failure.
        const end = manyListeners();
        const onAbort = (): void => {
          end.abort();
        };
        if (context.signal.aborted) onAbort();
        context.signal.addEventListener('abort', onAbort, { once: true });
        return await runLifecycle({
          components: [daemon],
          signals: () => () => undefined,
          ...{ log, clock: context.clock, stopWithinMs: STOP_WITHIN_MS, signal: end.signal },
        });
      });
    },
  });
}

/** Throws USAGE: a share of 50, meant as percent, would be a brake that never brakes. */
function checkRanges({
  brakeShare,
  leaseTtl,
}: Readonly<Record<'brakeShare' | 'leaseTtl', number>>): void {
  if (brakeShare > 1) {
    throw new NapError('USAGE', `--brake-share ${brakeShare}: a number from 0 to 1 is expected`, {
      hint: 'it is a part of the hosts: 0.5 is half of them',
    });
  }
  if (leaseTtl < 1) {
    throw new NapError('USAGE', `--lease-ttl ${leaseTtl}: at least one second is expected`);
  }
}
