import type { Lab } from '@nap/lab';
import type { Fault } from './actions.js';
import { setAgentClock } from './clocks.js';
import { fillEtcd, freeEtcd } from './etcd-space.js';
import type { Operators } from './operators.js';

/** How each fault is begun and mended on the lab. */

export interface FaultPlaces {
  readonly lab: Lab;
  readonly operators: Operators;
}

/** Undoes it; may be called on what is whole again. */
export type Mend = () => Promise<void>;

type Breaks = {
  readonly [K in Fault['kind']]: (
    places: FaultPlaces,
    fault: Extract<Fault, { kind: K }>,
  ) => Promise<Mend>;
};

const BREAKS: Breaks = {
  'kill-agent': async ({ lab }, { host }) => {
    await lab.agent(host, 'kill');
    return nothing;
  },
  'freeze-agent': async ({ lab }, { host }) => {
    await lab.agent(host, 'freeze');
    return async () => lab.agent(host, 'thaw');
  },
  'kill-dockerd': async ({ lab }, { host }) => {
    await lab.dockerd(host, 'kill');
    return async () => lab.dockerd(host, 'start');
  },
  'freeze-dockerd': async ({ lab }, { host }) => {
    await lab.dockerd(host, 'freeze');
    return async () => lab.dockerd(host, 'thaw');
  },
  'power-cut': async ({ lab }, { host }) => {
    await lab.kill(host);
    return async () => lab.start(host);
  },
  'freeze-host': async ({ lab }, { host }) => {
    await lab.freeze(host);
    return async () => lab.thaw(host);
  },
  'disk-full': async ({ lab }, { host }) => {
    await lab.fillDisk(host);
    return async () => lab.freeDisk(host);
  },
  'engine-disk-full': async ({ lab }, { host }) => {
    await lab.fillEngineDisk(host);
    return async () => lab.freeEngineDisk(host);
  },
  'set-clock': async ({ lab }, { host, bySeconds }) => {
    await setAgentClock(lab, host, bySeconds);
    return async () => setAgentClock(lab, host, 0);
  },
  'kill-daemon': async ({ operators }, { daemon }) => {
    await operators.killDaemon(daemon);
    return async () => operators.startDaemon(daemon);
  },
  'freeze-daemon': async ({ operators }, { daemon }) => {
    await operators.signalDaemon(daemon, 'SIGSTOP');
    return async () => operators.signalDaemon(daemon, 'SIGCONT');
  },
  cut: async ({ lab }, { machine }) => {
    await lab.cut(machine);
    return async () => lab.heal(machine);
  },
  'one-way': async ({ lab }, { machine }) => {
    await lab.cut(machine, { isOneWay: true });
    return async () => lab.heal(machine);
  },
  apart: async ({ lab }, { machine, from }) => {
    await lab.cut(machine, { from });
    return async () => lab.heal(machine);
  },
  lose: async ({ lab }, { machine, percent }) => {
    await lab.lose(machine, percent);
    return async () => lab.heal(machine);
  },
  delay: async ({ lab }, { host, byMs }) => {
    await lab.delay(host, byMs);
    return async () => lab.heal(host);
  },
  'kill-etcd': async ({ lab }, { member }) => {
    await lab.killEtcd(member);
    return async () => lab.startEtcd(member);
  },
  'freeze-etcd': async ({ lab }, { member }) => {
    await lab.freezeEtcd(member);
    return async () => lab.thawEtcd(member);
  },
  'stutter-etcd': async ({ lab }, { member }) => Promise.resolve(stutter(lab, member)),
  'etcd-full': async ({ lab }) => {
    await fillEtcd(lab);
    return async () => freeEtcd(lab);
  },
  'compact-etcd': async ({ lab }) => {
    await lab.compactEtcd();
    return nothing;
  },
};

export async function breakIt(places: FaultPlaces, fault: Fault): Promise<Mend> {
  // The table has the entry of the very kind that this fault is of.
  const entry = BREAKS[fault.kind] as (places: FaultPlaces, fault: Fault) => Promise<Mend>;
  return entry(places, fault);
}

/** Whatever is broken, by whatever: each part that can be is mended, and all of it runs. */
export async function mendAll({ lab, operators }: FaultPlaces): Promise<void> {
  const { hosts, etcd, operator } = await lab.plan();
  for (const { name } of [...etcd, ...hosts]) await lab.thaw(name);
  for (const { name } of [...etcd, ...hosts, operator]) await lab.heal(name);
  await lab.startEtcd();
  await freeEtcd(lab);
  for (const { name } of hosts) {
    await lab.freeDisk(name);
    await lab.freeEngineDisk(name);
    await lab.start(name);
    await lab.dockerd(name, 'thaw').catch(ignore);
    await lab.dockerd(name, 'start');
    await lab.agent(name, 'thaw').catch(ignore);
    await setAgentClock(lab, name, 0);
    await lab.agent(name, 'start');
  }
  for (const daemon of [0, 1] as const) {
    await operators.signalDaemon(daemon, 'SIGCONT');
    await operators.startDaemon(daemon);
  }
}

/** Time goes on and stands still in turns: a member that is slow for everybody, also for the others. */
const STANDS_MS = 350;
const GOES_MS = 250;

function stutter(lab: Lab, member: string): Mend {
  const state = { isOver: false };
  const pause = async (ms: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, ms));
  const loop = (async () => {
    while (!state.isOver) {
      await lab.freezeEtcd(member);
      await pause(STANDS_MS);
      await lab.thawEtcd(member);
      await pause(GOES_MS);
    }
  })();
  return async () => {
    state.isOver = true;
    await loop;
    await lab.thawEtcd(member);
  };
}

async function nothing(): Promise<void> {
  // systemd has started it again, or it heals by itself.
}

function ignore(): void {
  // There is no main process that could be thawed.
}
