/** The lab as tests, the demo and the command line see it: one function for each thing that can be done to it. */
import { forwardedPorts, startForward, stopForward } from './forward.js';
import { killDaemon, stopDaemon } from './daemon.js';
import { endDelay, startDelay } from './delay.js';
import { fillDisk, fillEngineDisk, freeDisk, freeEngineDisk } from './disk.js';
import { LabError } from './errors.js';
import { compactEtcd, replaceMember, startEtcd, wipeEtcd } from './etcd.js';
import { bootHost, dockerSocket, onHost, powerOff, powerState } from './host.js';
import { ensureImages, removeCache } from './images/ensure.js';
import { all } from './machine/all.js';
import { setFrozen } from './machine/cgroups.js';
import { exclusively } from './machine/lock.js';
import { checkRequirements, checkRoot } from './machine/requirements.js';
import {
  commandLine,
  run,
  runInBackground,
  type ExecOptions,
  type ExecResult,
  type RunningProcess,
} from './machine/run.js';
import { dropFrames, dropNoFrames, loseNoPackets, losePackets, setCable } from './network.js';
import { onNetns } from './operator.js';
import {
  etcdEndpoint,
  findClient,
  findHost,
  findMachine,
  findMember,
  planLab,
  type LabPlan,
  type Machine,
} from './plan/addresses.js';
import { hostFiles } from './plan/host-files.js';
import type { LabSettings } from './plan/settings.js';
import { readRecord } from './record.js';
import { controlService, type ServiceAction } from './services.js';
import { labStatus, type LabStatus } from './status.js';
import { sweep } from './sweep.js';
import { bringUp, type Progress } from './up.js';

export interface CutOptions {
  /** Only the frames between the two vanish; everything else goes on. Names a host, an etcd member or the operator. */
  readonly from?: string;
  /** Only what the machine sends vanishes (to all, or to `from`): it still hears the others. */
  readonly isOneWay?: boolean;
}

/** Where commands run: `host-a`, `operator`, `etcd-1`, `registry`. */
export type Where = string;

export interface Lab {
  /** What the running lab was built with. This and all below throw LabError when no lab is up. */
  readonly settings: () => Promise<LabSettings>;
  /** Names, addresses and subnets of all machines. */
  readonly plan: () => Promise<LabPlan>;
  /** `host-a`, `host-b`, … */
  readonly hosts: () => Promise<readonly string[]>;
  /** `http://10.99.0.10:2379`, …: reachable from the hosts and from the operator's machine. */
  readonly etcdEndpoints: () => Promise<readonly string[]>;
  readonly status: () => Promise<LabStatus>;

  /** Builds the lab, or starts what is off in it. Choices left out are those of the lab that is up, or the defaults. */
  readonly up: (choices?: Partial<LabSettings>, progress?: Progress) => Promise<LabSettings>;
  /** Removes all of it, also what a crash has left. Keeps the images. */
  readonly down: () => Promise<void>;
  /** As `down`, and removes the images and the packages that they are made of. */
  readonly purge: () => Promise<void>;
  /** Builds the images that the registry lacks, and names them. */
  readonly images: (progress?: Progress) => Promise<readonly string[]>;

  /** Runs a command as root to its end. A code other than 0 is a result, not an error. */
  readonly exec: (
    where: Where,
    argv: readonly string[],
    options?: ExecOptions,
  ) => Promise<ExecResult>;
  /** Starts a command that runs on, e.g. `nap-controller serve` on `operator`. `down` ends it, if nothing else does. */
  readonly spawn: (where: Where, argv: readonly string[]) => Promise<RunningProcess>;
  /** The argument vector that runs a command there from a shell of this machine, for one that needs a terminal. */
  readonly commandFor: (where: Where, argv: readonly string[]) => Promise<readonly string[]>;

  /** Power cut: the address goes dark, every process dies. The disk stays. */
  readonly kill: (host: string) => Promise<void>;
  /** Boots it again, with the same disk, machine ID, engine ID and MAC. Resolves when its dockerd answers. */
  readonly start: (host: string) => Promise<void>;
  /** Stops the host's time, or an etcd member's. Nothing of it runs until `thaw`; its kernel still answers pings. */
  readonly freeze: (machine: string) => Promise<void>;
  readonly thaw: (machine: string) => Promise<void>;
  /** Pulls the cable of any machine; with options only part of its traffic vanishes. */
  readonly cut: (machine: string, options?: CutOptions) => Promise<void>;
  /** Of what arrives at a machine so many packets in a hundred vanish. */
  readonly lose: (machine: string, percent: number) => Promise<void>;
  /**
   * An answer of etcd takes so many ms longer for a host or the operator: half of it on the way there, half on the way back.
   * Connections that exist are reset. One opens at once; it is what goes through it that is held.
   */
  readonly delay: (machine: string, ms: number) => Promise<void>;
  /** Undoes every `cut`, `lose` and `delay` of this machine. */
  readonly heal: (machine: string) => Promise<void>;

  /** No byte is left on the host's root file system; docker's own data lies elsewhere. Undo it before a boot. */
  readonly fillDisk: (host: string) => Promise<void>;
  readonly freeDisk: (host: string) => Promise<void>;
  /** The same of the disk of docker's data, in a lab whose engines have their own (`disk` of the settings). */
  readonly fillEngineDisk: (host: string) => Promise<void>;
  readonly freeEngineDisk: (host: string) => Promise<void>;

  /** Where this machine reaches the host's dockerd, past all of nap; undefined while the host is off. */
  readonly dockerSocket: (host: string) => Promise<string | undefined>;
  /** The engine alone. `kill` is SIGKILL, after which systemd starts it again; `freeze` and `thaw` SIGSTOP and SIGCONT. */
  readonly dockerd: (host: string, action: ServiceAction) => Promise<void>;
  /** nap-agent alone. */
  readonly agent: (host: string, action: ServiceAction) => Promise<void>;

  /** Ends one member, or all. */
  readonly stopEtcd: (member?: string) => Promise<void>;
  /** Starts one member, or all; resolves when they serve, or at once when there is no quorum yet. */
  readonly startEtcd: (member?: string) => Promise<void>;
  /** SIGKILL to one member, or all. Nothing starts it again but `startEtcd`. */
  readonly killEtcd: (member?: string) => Promise<void>;
  readonly freezeEtcd: (member?: string) => Promise<void>;
  readonly thawEtcd: (member?: string) => Promise<void>;
  /** Forgets all history. Returns the revision that it was compacted at. */
  readonly compactEtcd: () => Promise<number>;
  /** All data is lost, or that of one member, which is then replaced. flannel's configuration is put back. */
  readonly wipeEtcd: (member?: string) => Promise<void>;

  /** http://127.0.0.1:localPort of this machine leads to a port of a machine of the lab, until `unforward`. */
  readonly forward: (localPort: number, machine: string, port: number) => Promise<void>;
  readonly unforward: (localPort: number) => Promise<void>;
  readonly forwards: () => Promise<readonly number[]>;
}

/** A handle on this machine's lab, whether or not one is up: there is at most one. */
export function openLab(): Lab {
  return {
    settings,
    plan,
    hosts: async () => (await plan()).hosts.map(({ name }) => name),
    etcdEndpoints: async () => (await plan()).etcd.map(etcdEndpoint),
    status: async () => labStatus(await settings()),
    ...lifecycle(),
    ...commands(),
    ...hostFaults(),
    ...etcdFaults(),
    ...forwarding(),
  };
}

function lifecycle(): Pick<Lab, 'up' | 'down' | 'purge' | 'images'> {
  const down = async (): Promise<void> => {
    checkRoot();
    await exclusively(sweep);
  };
  return {
    up: async (choices = {}, progress = ignore) => bringUp(choices, progress),
    down,
    purge: async () => {
      await down();
      await removeCache();
    },
    images: async (progress = ignore) => {
      await checkRequirements();
      return exclusively(async () => {
        const built = await ensureImages(progress);
        if ((await readRecord()) === undefined) await sweep(); // there is no lab: what building has left
        return built;
      });
    },
  };
}

function commands(): Pick<Lab, 'exec' | 'spawn' | 'commandFor'> {
  const commandFor = async (where: Where, argv: readonly string[]): Promise<readonly string[]> => {
    const { name } = findMachine(await plan(), where);
    return name.startsWith('host-') ? onHost(name, argv) : onNetns(name, argv);
  };
  return {
    commandFor,
    exec: async (where, argv, options) => {
      const shown = `${commandLine(argv)} on ${where}`;
      return run(await commandFor(where, argv), { ...options, shown });
    },
    spawn: async (where, argv) => runInBackground(await commandFor(where, argv)),
  };
}

function hostFaults(): Pick<
  Lab,
  | 'kill'
  | 'start'
  | 'freeze'
  | 'thaw'
  | 'cut'
  | 'lose'
  | 'delay'
  | 'heal'
  | 'fillDisk'
  | 'freeDisk'
  | 'fillEngineDisk'
  | 'freeEngineDisk'
  | 'dockerSocket'
  | 'dockerd'
  | 'agent'
> {
  return {
    kill: async (name) => powerOff((await host(name)).name),
    start: async (name) => {
      const labPlan = await plan();
      const planned = findHost(labPlan, name);
      if ((await powerState(name)) !== 'off') return;
      const chosen = await settings();
      await bootHost(planned, hostFiles(planned, labPlan, chosen), chosen.disk);
    },
    freeze: async (name) => setFrozen((await machine(name)).name, true),
    thaw: async (name) => setFrozen((await machine(name)).name, false),
    cut: async (name, options = {}) => cut((await machine(name)).name, options),
    lose: async (name, percent) => losePackets((await machine(name)).name, percent),
    delay: async (name, ms) => {
      const labPlan = await plan();
      await startDelay(findClient(labPlan, name), labPlan.etcd, ms);
    },
    heal: async (name) => {
      await dropNoFrames((await machine(name)).name);
      await loseNoPackets(name);
      await endDelay(name);
      await setCable(name, true);
    },
    fillDisk: async (name) => fillDisk((await host(name)).name),
    freeDisk: async (name) => freeDisk((await host(name)).name),
    fillEngineDisk: async (name) => {
      if ((await settings()).disk === 0) {
        throw new LabError("the engines use the machine's own disk", {
          hint: 'bring the lab up with nap-lab up --disk 2048',
        });
      }
      await fillEngineDisk((await host(name)).name);
    },
    freeEngineDisk: async (name) => freeEngineDisk((await host(name)).name),
    dockerSocket: async (name) => dockerSocket((await host(name)).name),
    dockerd: async (name, action) => controlService((await host(name)).name, 'dockerd', action),
    agent: async (name, action) => controlService((await host(name)).name, 'agent', action),
  };
}

async function cut(name: string, { from, isOneWay = false }: CutOptions): Promise<void> {
  const to = from === undefined ? undefined : (await machine(from)).name;
  if (to === undefined && !isOneWay) {
    await setCable(name, false);
    return;
  }
  await dropFrames(to === undefined ? { from: name } : { from: name, to });
  if (to !== undefined && !isOneWay) await dropFrames({ from: to, to: name });
}

function etcdFaults(): Pick<
  Lab,
  'stopEtcd' | 'startEtcd' | 'killEtcd' | 'freezeEtcd' | 'thawEtcd' | 'compactEtcd' | 'wipeEtcd'
> {
  const onEach =
    (fault: (name: string) => Promise<void>) =>
    async (name?: string): Promise<void> => {
      await all((await members(name)).map(async (member) => fault(member.name)));
    };
  return {
    stopEtcd: onEach(stopDaemon),
    startEtcd: async (name) => startEtcd(await plan(), await members(name)),
    killEtcd: onEach(killDaemon),
    freezeEtcd: onEach(async (name) => setFrozen(name, true)),
    thawEtcd: onEach(async (name) => setFrozen(name, false)),
    compactEtcd: async () => compactEtcd(await plan()),
    wipeEtcd: async (name) => {
      const labPlan = await plan();
      if (name === undefined) await wipeEtcd(labPlan, (await settings()).net);
      else await replaceMember(labPlan, findMember(labPlan, name));
    },
  };
}

function forwarding(): Pick<Lab, 'forward' | 'unforward' | 'forwards'> {
  return {
    forward: async (localPort, name, port) => startForward(localPort, await machine(name), port),
    unforward: stopForward,
    forwards: forwardedPorts,
  };
}

async function settings(): Promise<LabSettings> {
  const record = await readRecord();
  if (record === undefined) {
    throw new LabError('no lab is up', { hint: 'bring one up: nap-lab up' });
  }
  return record.settings;
}

async function plan(): Promise<LabPlan> {
  return planLab(await settings());
}

async function host(name: string): Promise<Machine> {
  return findHost(await plan(), name);
}

async function machine(name: string): Promise<Machine> {
  return findMachine(await plan(), name);
}

async function members(name: string | undefined): Promise<readonly Machine[]> {
  const labPlan = await plan();
  return name === undefined ? labPlan.etcd : [findMember(labPlan, name)];
}

function ignore(): void {
  // Nobody wants to hear of it.
}
