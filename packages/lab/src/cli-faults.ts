/** The commands that break things, and those that mend them. */
import type { Argv } from 'yargs';
import type { Lab } from './lab.js';
import { SERVICE_ACTIONS } from './services.js';

export function addFaultCommands(parser: Argv, lab: Lab): void {
  const onMachine = (name: string, what: string, act: (machine: string) => Promise<void>): void => {
    parser.command(
      `${name} <machine>`,
      what,
      (command) => command.positional('machine', { type: 'string', demandOption: true }),
      async ({ machine }) => act(machine),
    );
  };
  onMachine('kill', 'power cut: every process of the host dies, its address goes dark', lab.kill);
  onMachine('start', 'boot the host again, with the disk that it had', lab.start);
  onMachine('freeze', "stop a machine's time", lab.freeze);
  onMachine('thaw', 'let it go on', lab.thaw);
  addCut(parser, lab);
  onMachine('heal', 'plug the cable in again, undo every cut, lose and delay', lab.heal);
  parser.command(
    'lose <machine> <percent>',
    'of what arrives there so many packets in a hundred vanish, until heal',
    (command) =>
      command
        .positional('machine', { type: 'string', demandOption: true })
        .positional('percent', { type: 'number', demandOption: true }),
    async ({ machine, percent }) => lab.lose(machine, percent),
  );
  parser.command(
    'delay <machine> <ms>',
    'an answer of etcd takes so much longer for a host or the operator, until heal',
    (command) =>
      command
        .positional('machine', { type: 'string', demandOption: true })
        .positional('ms', { type: 'number', demandOption: true }),
    async ({ machine, ms }) => lab.delay(machine, ms),
  );
  onMachine('fill', "no byte is left on the host's root file system", lab.fillDisk);
  onMachine('free', 'its disk has room again', lab.freeDisk);
  onMachine('fill-engine', 'no byte is left on the disk of docker (up --disk)', lab.fillEngineDisk);
  onMachine('free-engine', 'it has room again', lab.freeEngineDisk);
  addService(parser, 'dockerd', 'the engine alone; kill is SIGKILL, freeze SIGSTOP', lab.dockerd);
  addService(parser, 'agent', 'nap-agent alone', lab.agent);
}

export function addEtcdCommands(parser: Argv, lab: Lab): void {
  const actions = {
    stop: lab.stopEtcd,
    start: lab.startEtcd,
    kill: lab.killEtcd,
    freeze: lab.freezeEtcd,
    thaw: lab.thawEtcd,
    compact: async () => {
      await lab.compactEtcd();
    },
    wipe: lab.wipeEtcd,
  };
  parser.command(
    'etcd <action> [member]',
    'one member or all of them; isolate one with cut, e.g. cut etcd-2',
    (command) =>
      command
        .positional('action', {
          choices: Object.keys(actions) as (keyof typeof actions)[],
          demandOption: true,
        })
        .positional('member', { type: 'string' }),
    async ({ action, member }) => actions[action](member),
  );
}

function addCut(parser: Argv, lab: Lab): void {
  parser.command(
    'cut <machine>',
    "pull the cable of a host, of etcd-1, …; or lose part of the machine's traffic",
    (command) =>
      command
        .positional('machine', { type: 'string', demandOption: true })
        .option('from', { type: 'string', describe: 'only what goes between these two' })
        .option('one-way', { type: 'boolean', default: false, describe: 'only what it sends' }),
    async ({ machine, from, oneWay }) =>
      lab.cut(machine, { ...(from === undefined ? {} : { from }), isOneWay: oneWay }),
  );
}

function addService(parser: Argv, name: string, what: string, control: Lab['dockerd']): void {
  parser.command(
    `${name} <host> <action>`,
    what,
    (command) =>
      command
        .positional('host', { type: 'string', demandOption: true })
        .positional('action', { choices: SERVICE_ACTIONS, demandOption: true }),
    async ({ host, action }) => control(host, action),
  );
}
