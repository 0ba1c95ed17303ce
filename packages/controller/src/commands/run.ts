import { randomBytes } from 'node:crypto';
import { fileContentCodec, keys, NapError, type ExecMessage, type RunStart } from '@nap/shared';
import { toList } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import { execOn, terminalSize, type PullingAnswer } from '../agents/exec-client.js';
import { withCluster } from '../agents/open-cluster.js';
import { bytesText } from '../output/units.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planOneOff, type OneOffPlan } from '../plan/plan-one-off.js';
import { projectOf, serviceNamed, storedOf } from './chosen-services.js';
import { requireHost, requireProjectName, type CommandContext } from './context.js';
import { declareCommand, type ArgsOf, type RegisterCommand } from './declare-command.js';
import { USUAL_SIZE } from './exec.js';
import { agentApiFlags, etcdFlags, projectFlag } from './flags.js';
import { changedSpec } from './run-spec.js';

export const runFlags = {
  service: { type: 'string', demandOption: true, description: 'SERVICE, or PROJECT.SERVICE' },
  command: { type: 'string', array: true, description: "instead of the service's own command" },
  rm: { type: 'boolean', default: false, description: 'remove its container when it has ended' },
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    description: 'print its name and leave it',
  },
  interactive: {
    alias: 'i',
    type: 'boolean',
    default: true,
    description: 'give it the input; --no-interactive does not',
  },
  tty: {
    alias: 't',
    type: 'boolean',
    description: 'give it a terminal; default: where input and output are one',
  },
  'disable-tty': { alias: 'T', type: 'boolean', default: false, description: 'no terminal' },
  env: { alias: 'e', type: 'string', coerce: toList, description: 'KEY=VALUE for its environment' },
  user: { alias: 'u', type: 'string', description: 'as whom: USER, or USER:GROUP' },
  workdir: { alias: 'w', type: 'string', description: 'directory that it starts in' },
  entrypoint: {
    type: 'string',
    description: "instead of the image's or service's; clears its command",
  },
  name: { type: 'string', description: 'name of the container' },
  label: { alias: 'l', type: 'string', coerce: toList, description: 'KEY=VALUE, a label for it' },
  volume: {
    alias: 'v',
    type: 'string',
    coerce: toList,
    description: 'HOST-PATH:PATH[:ro], a directory of its host',
  },
  'service-ports': {
    alias: 'P',
    type: 'boolean',
    default: false,
    description: 'publish the ports of the service as well',
  },
  deps: {
    type: 'boolean',
    default: true,
    description: 'see to it that its dependencies are there; --no-deps does not',
  },
  pull: {
    choices: ['always', 'missing', 'never'],
    default: 'missing',
    description: 'when the image is pulled on its host',
  },
  host: { type: 'string', description: 'on this host; default: as the scheduler chooses' },
  ...etcdFlags,
  ...agentApiFlags,
  ...projectFlag,
} as const;

type Args = ArgsOf<typeof runFlags>;

const ID_BYTES = 6;

/** A one-off container of a service, on whatever host, with the caller's own streams. */
export function runCommand(context: CommandContext): RegisterCommand {
  const { rest: command = [] } = context;
  return declareCommand({
    command: ['run <service> [command..]'],
    describe: 'run a command in a container of its own, as one of a service would be, on some host',
    flags: runFlags,
    positionals: ['service', 'command'],
    examples: [
      ['$0 run --rm shop/web ./manage migrate', 'once, with all that an instance of web has'],
      ['$0 run --rm web sh', 'a shell'],
      ['$0 run -d --host host-b web ./import', 'on that host; ps --all shows it'],
    ],
    run: (args) =>
      withCluster(context, args, async ({ view, agents }, { store }) => {
        const plan = planOf(context, args, command, view);
        const before = await filesOf(store, plan, context.signal);
        const client = agents.of(plan.host);
        // Nothing is asked of etcd any more, however long it takes.
        await store.close();
        const start = startOf(context, args, plan);
        say(context, `${start.spec.containerName} on ${plan.host}: ${plan.reason}`);
        const exit = await execOn(client, start, {
          ...{ streams: context.streams, signal: context.signal, before },
          isRaw: start.terminal !== undefined && start.hasInput,
          onPulling: pullingSayer(context, client.host),
        });
        if (args.detach && exit === 0) context.out(start.spec.containerName);
        return exit;
      }),
  });
}

function planOf(
  context: CommandContext,
  args: Args,
  command: readonly string[],
  view: ClusterView,
): OneOffPlan {
  const project = projectOf(view, [args.service], args.projectName);
  const { service, index } = serviceNamed(view, storedOf(view, project).project, args.service);
  if (index !== undefined) {
    throw new NapError('USAGE', `run ${args.service}: it is one instance of ${service.name}`, {
      hint: `run ${service.name} makes a container of its own; exec runs a command in an instance`,
    });
  }
  return planOneOff(view, {
    project,
    service: service.name,
    id: randomBytes(ID_BYTES).toString('hex'),
    host: args.host === undefined ? undefined : requireHost(view, args.host).id,
    name: args.name,
    hasServicePorts: args.servicePorts,
    needsDependencies: args.deps,
    change: (spec) =>
      changedSpec(spec, {
        ...{ command, env: args.env ?? [], labels: args.label ?? [], volumes: args.volume ?? [] },
        ...{ user: args.user, workdir: args.workdir, entrypoint: args.entrypoint },
        ...{ isTerminal: isTerminal(context, args), hasInput: hasInput(args) },
        own: context.env,
      }),
  });
}

const hasInput = (args: Args): boolean => args.interactive && !args.detach;

function isTerminal({ streams }: CommandContext, args: Args): boolean {
  const { input, output } = streams;
  if (args.detach || args.disableTty) return false;
  if (args.tty === true && args.interactive && input.isTTY !== true) {
    throw new NapError('USAGE', '-t: standard input is no terminal', {
      hint: 'leave out -t when input comes from a pipe or file',
    });
  }
  return args.tty ?? (input.isTTY === true && output.isTTY === true);
}

function startOf(context: CommandContext, args: Args, plan: OneOffPlan): RunStart {
  const { instance, service, cluster, spec, links } = plan;
  const isAtTerminal = isTerminal(context, args);
  return {
    ...{ type: 'run', instance, service, cluster, spec, links: [...links] },
    pull: args.pull,
    hasInput: hasInput(args),
    isDetached: args.detach,
    isRemovedAtEnd: args.rm,
    ...(isAtTerminal ? { terminal: terminalSize(context.streams) ?? USUAL_SIZE } : {}),
  };
}

/** Agents find in etcd what their own placements need, and no more. Throws FILE_MISSING. */
async function filesOf(
  store: Store,
  { instance, spec }: OneOffPlan,
  signal: AbortSignal,
): Promise<readonly ExecMessage[]> {
  const project = instance.slice(0, instance.indexOf('.'));
  const digests = [...new Set((spec.files ?? []).map(({ digest }) => digest))];
  return Promise.all(
    digests.map(async (digest): Promise<ExecMessage> => {
      const key = keys.content(requireProjectName(project), digest);
      const entry = await store.get(key, signal);
      if (entry === undefined) {
        throw new NapError('FILE_MISSING', `${key} is missing in etcd: a config or secret`, {
          hint: 'apply the files of the project again: they hold it',
        });
      }
      const { content } = fileContentCodec.decode(entry.value, key);
      return { type: 'file', digest, content };
    }),
  );
}

/** For who looks on; a script has asked for the program's output alone. */
function say({ err, streams }: CommandContext, text: string): void {
  if (streams.errors.isTTY === true) err(text);
}

function pullingSayer(context: CommandContext, host: string): (progress: PullingAnswer) => void {
  return ({ image, pulledBytes, totalBytes }) => {
    const far = totalBytes === 0 ? '' : ` ${bytesText(pulledBytes)} of ${bytesText(totalBytes)}`;
    say(context, `${host}: pulling ${image}${far}`);
  };
}
