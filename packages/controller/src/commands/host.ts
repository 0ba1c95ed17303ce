import { EXIT, NapError, type HostPolicy } from '@nap/shared';
import { renderHosts } from '../output/host-view.js';
import { inspectHost } from '../output/inspect-host.js';
import { renderInspected } from '../output/inspect-view.js';
import { redact } from '../output/redact.js';
import { readView } from '../rollout/read-view.js';
import { changePolicy } from '../rollout/host-policy.js';
import { requireHost, viewOf, withStore, outList, type CommandContext } from './context.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag, inspectFormatFlag } from './flags.js';
import { hostDrainCommand } from './host-drain.js';
import { hostRmCommand } from './host-rm.js';
import { hostUpdateCommand } from './host-update.js';

const oneHost = {
  host: { type: 'string', demandOption: true, description: 'name of a host, as host ls shows it' },
  ...etcdFlags,
} as const;

function listCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ls', 'list'],
    describe: 'list the hosts',
    flags: { ...etcdFlags, ...formatFlag } as const,
    examples: [
      ['$0 host ls', 'states, and what is reserved of each'],
      ["$0 host ls --format '{{.Host}} {{.Address}}'", 'for scripts'],
    ],
    run: async (args) => {
      outList(context, renderHosts(await viewOf(context, args), args.format));
      return EXIT.ok;
    },
  });
}

function inspectCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['inspect <host>'],
    describe: 'show one host and what is placed on it',
    flags: {
      ...oneHost,
      format: { ...inspectFormatFlag.format, default: 'json' },
    } as const,
    positionals: ['host'],
    examples: [['$0 host inspect host-a', 'its capacity, labels and placements']],
    run: async (args) => {
      const view = await viewOf(context, args);
      const found = inspectHost(view, requireHost(view, args.host));
      // One host was asked for, so it is one document.
      if (args.format === 'json') context.out(JSON.stringify(found, redact, 2));
      else context.out(renderInspected(args.format, [found]));
      return EXIT.ok;
    },
  });
}

/** Says something of a host and leaves it at that: the next plan, of whoever plans next, minds it. */
function policyCommand(
  context: CommandContext,
  name: 'pause' | 'activate',
  describe: string,
  availability: HostPolicy['availability'],
): RegisterCommand {
  return declareCommand({
    command: [`${name} <host>`],
    describe,
    flags: oneHost,
    positionals: ['host'],
    examples: [[`$0 host ${name} host-b`, describe]],
    run: (args) =>
      withStore(args, async (store) => {
        const { id } = requireHost(await readView(store, context.signal), args.host);
        await changePolicy(store, id, (policy) => ({ ...policy, availability }), context.signal);
        context.err(`${id} is ${availability}`);
        return EXIT.ok;
      }),
  });
}

function labelCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['label <host> [labels..]'],
    describe: 'set labels of a host (KEY=VALUE) or remove them (KEY-)',
    flags: {
      ...oneHost,
      labels: {
        type: 'string',
        array: true,
        default: [],
        description: 'KEY=VALUE sets one, KEY- removes it',
      },
    } as const,
    positionals: ['host', 'labels'],
    details:
      'Constraints (`node.labels.disk == ssd`) and preferences of Compose files see them at the next plan.',
    examples: [['$0 host label host-a disk=ssd zone-', 'set one, remove one']],
    run: (args) =>
      withStore(args, async (store) => {
        const edits = args.labels.map(parseLabel);
        const { id } = requireHost(await readView(store, context.signal), args.host);
        const edit = (policy: HostPolicy): HostPolicy => {
          const labels = { ...policy.labels };
          for (const { key, value } of edits) {
            if (value === undefined) Reflect.deleteProperty(labels, key);
            else labels[key] = value;
          }
          return { ...policy, labels };
        };
        await changePolicy(store, id, edit, context.signal);
        return EXIT.ok;
      }),
  });
}

/** `disk=ssd`, or `disk-` for one that goes. Throws USAGE. */
function parseLabel(text: string): { readonly key: string; readonly value?: string } {
  const [, key, value] = /^([\w./-]+?)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { key, value };
  const [, removed] = /^([\w./-]+)-$/.exec(text) ?? [];
  if (removed !== undefined) return { key: removed };
  throw new NapError('USAGE', `${JSON.stringify(text)} is no label`, {
    hint: 'KEY=VALUE sets one, KEY- removes it',
  });
}

export function hostCommand(context: CommandContext): RegisterCommand {
  const drain = hostDrainCommand(context);
  const pause = policyCommand(
    ...([context, 'pause', 'keep what it runs, and place nothing new on it', 'paused'] as const),
  );
  const active = policyCommand(context, 'activate', 'end a pause or a drain', 'active');
  return declareGroup({
    command: ['host', 'node'],
    describe: 'list, inspect, drain and label hosts',
    commands: [
      ...[listCommand(context), inspectCommand(context)],
      ...[drain, pause, active],
      labelCommand(context),
      hostUpdateCommand({ active, pause, drain }),
      hostRmCommand(context),
    ],
  });
}
