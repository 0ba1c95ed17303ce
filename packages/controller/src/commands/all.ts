import type { CommandContext } from './context.js';
import type { RegisterCommand } from './declare-command.js';

type MakeCommand = (context: CommandContext) => RegisterCommand;

/**
 * What the list of commands says of one; the module with its flags and its code is loaded when it is asked for. A test
 * keeps both the same.
 */
export interface ListedCommand {
  readonly command: readonly string[];
  readonly describe: string;
  readonly load: () => Promise<MakeCommand>;
}

const listed = (
  command: readonly string[],
  describe: string,
  load: ListedCommand['load'],
): ListedCommand => ({ command, describe, load });

/** Every command, in the order of help. */
export const COMMANDS: readonly ListedCommand[] = [
  listed(
    ['apply [files..]', 'up'],
    'make the cluster run what the Compose files say',
    async () => (await import('./apply.js')).applyCommand,
  ),
  listed(
    ['plan [files..]', 'diff'],
    'show what apply would change, and why',
    async () => (await import('./plan.js')).planCommand,
  ),
  listed(
    ['scale [counts..]'],
    'change the number of instances of services',
    async () => (await import('./scale.js')).scaleCommand,
  ),
  listed(
    ['stop [names..]'],
    'stop instances and keep their containers; they stay stopped until they are started',
    async () => (await import('./stop.js')).stopCommand,
  ),
  listed(
    ['start [names..]'],
    'start instances that were stopped, in the order in which they depend on one another',
    async () => (await import('./start.js')).startCommand,
  ),
  listed(
    ['restart [names..]'],
    'restart containers in place, one after the other; those that are stopped are started',
    async () => (await import('./restart.js')).restartCommand,
  ),
  listed(
    ['rebalance'],
    'move instances so that hosts are as even as the strategies want them',
    async () => (await import('./rebalance.js')).rebalanceCommand,
  ),
  listed(
    ['rollback [revision]'],
    'go back to what a kept revision was: without a number the one before',
    async () => (await import('./rollback.js')).rollbackCommand,
  ),
  listed(
    ['history [project]'],
    'list the kept revisions of a project: when, by whom, why',
    async () => (await import('./history.js')).historyCommand,
  ),
  listed(
    ['export'],
    'print a Compose file of what runs; applied again, it changes nothing',
    async () => (await import('./export.js')).exportCommand,
  ),
  listed(
    ['down'],
    'remove the containers of a project; volumes only with --volumes',
    async () => (await import('./down.js')).downCommand,
  ),
  listed(
    ['wait [services..]'],
    'wait until a project, or some of its services, are as asked for',
    async () => (await import('./wait.js')).waitCommand,
  ),
  listed(
    ['ls', 'projects'],
    'list the projects, and whether each is as it is wanted',
    async () => (await import('./list.js')).lsCommand,
  ),
  listed(
    ['ps [names..]'],
    'list instances: where they run, how they are, why they wait',
    async () => (await import('./list.js')).psCommand,
  ),
  listed(
    ['inspect [names..]'],
    'show all that is known of a project, service, instance or host',
    async () => (await import('./inspect.js')).inspectCommand,
  ),
  listed(
    ['logs [names..]'],
    'show the logs of instances on all hosts, in order of time',
    async () => (await import('./logs.js')).logsCommand,
  ),
  listed(
    ['exec <instance> [command..]'],
    'run a command in a running instance; its exit code is that of nap-controller',
    async () => (await import('./exec.js')).execCommand,
  ),
  listed(
    ['run <service> [command..]'],
    'run a command in a container of its own, as one of a service would be, on some host',
    async () => (await import('./run.js')).runCommand,
  ),
  listed(
    ['top [names..]'],
    'list the processes of running instances on all hosts',
    async () => (await import('./top.js')).topCommand,
  ),
  listed(
    ['stats [names..]'],
    'show what running instances use of processors, memory, network and disks',
    async () => (await import('./stats.js')).statsCommand,
  ),
  listed(
    ['kill [names..]'],
    'send a signal to running instances; what ends by it is started again by its agent',
    async () => (await import('./kill.js')).killCommand,
  ),
  listed(
    ['events [project]'],
    'show what happens: on the engines of all hosts, and in nap',
    async () => (await import('./events.js')).eventsCommand,
  ),
  listed(
    ['cp <from> <to>'],
    'copy files between here and an instance; - is a tar archive',
    async () => (await import('./cp.js')).cpCommand,
  ),
  listed(
    ['port <instance> [container-port]'],
    'show which ports of its host lead to an instance',
    async () => (await import('./port.js')).portCommand,
  ),
  listed(
    ['image <command>'],
    'list, pull and prune images on the hosts',
    async () => (await import('./image.js')).imageCommand,
  ),
  listed(
    ['names [project]'],
    'show the name map; with --check compare it with every host',
    async () => (await import('./list.js')).namesCommand,
  ),
  listed(
    ['host <command>', 'node'],
    'list, inspect, drain and label hosts',
    async () => (await import('./host.js')).hostCommand,
  ),
  listed(
    ['service <command>'],
    'list and scale services',
    async () => (await import('./service.js')).serviceCommand,
  ),
  listed(
    ['stack <command>'],
    'aliases for who comes from Swarm: a stack is a project',
    async () => (await import('./stack.js')).stackCommand,
  ),
  listed(
    ['config [files..]'],
    'check the Compose files and print them in canonical form',
    async () => (await import('./config.js')).configCommand,
  ),
  listed(
    ['context <command>'],
    'name clusters, and choose which one to talk to',
    async () => (await import('./context-command.js')).contextCommand,
  ),
  listed(
    ['doctor'],
    'look for what is wrong with etcd, the hosts and their network',
    async () => (await import('./doctor.js')).doctorCommand,
  ),
  listed(
    ['serve'],
    'run as a daemon: instances of lost and drained hosts go elsewhere',
    async () => (await import('./serve.js')).serveCommand,
  ),
  listed(
    ['version'],
    'print the version',
    async () => (await import('./version.js')).versionCommand,
  ),
  listed(
    ['completion [shell]'],
    'print a completion script for bash or zsh',
    async () => (await import('./completion-command.js')).completionCommand,
  ),
];

/** Loads the commands that these words may mean; the others are only listed. */
export async function commandsFor(
  words: readonly string[],
  context: CommandContext,
): Promise<readonly (RegisterCommand | ListedCommand)[]> {
  const commands: (RegisterCommand | ListedCommand)[] = [];
  for (const command of COMMANDS) {
    const isMeant = namesOf(command).some((name) => words.includes(name));
    commands.push(isMeant ? (await command.load())(context) : command);
  }
  return commands;
}

/** Without what they take: `apply` and `up`. */
const namesOf = ({ command }: Pick<ListedCommand, 'command'>): readonly string[] =>
  command.map((text) => text.replace(/ .*/, ''));
