import {
  createControlLoop,
  type ControlLoop,
  type PassContext,
  type PassResult,
} from '@nap/shared/runtime';
import { PACE, type Pace } from './agent-pace.js';
import type { AgentParts } from './agent-parts.js';
import { ContainerFiles } from './container-files/container-files.js';
import { NameMirrors, type NameMirrorsParts } from './names/name-mirrors.js';
import { InstanceNetwork } from './network/instance-network.js';
import type { OneOffs } from './one-offs/one-offs.js';
import type { Desired } from './reconcile/reconcile.js';
import type { AgentState } from './state/agent-state.js';

/** What an earlier life of this agent has left on the disk. */
export interface Remembered {
  readonly memory: Awaited<ReturnType<AgentState['loadMemory']>>;
  readonly desired: Awaited<ReturnType<AgentState['loadDesired']>>;
  readonly history: Awaited<ReturnType<AgentState['loadHistory']>>;
  readonly names: Awaited<ReturnType<AgentState['loadNames']>>;
}

export async function recall(state: AgentState): Promise<Remembered> {
  return {
    memory: await state.loadMemory(),
    desired: await state.loadDesired(),
    history: await state.loadHistory(),
    names: await state.loadNames(),
  };
}

/** The network of the instances, with the addresses that they had. */
export function createNetwork(parts: AgentParts, { memory }: Remembered): InstanceNetwork {
  const { settings, docker, clock, log, files } = parts;
  return new InstanceNetwork(
    {
      ...{ docker, clock, log },
      mode: settings.network,
      subnetFile: settings.subnetFile,
      readSubnetFile: () => files.read(settings.subnetFile),
      isFlannelConfigured: parts.isFlannelConfigured,
    },
    memory.addresses,
    memory.hasFlannel,
  );
}

/** Configs below the state directory, secrets below the run directory. */
export function createFiles({ settings, store, log, fileDisk }: AgentParts): ContainerFiles {
  const { host, stateDir, runDir } = settings;
  return new ContainerFiles({
    ...{ host, store, log },
    dirs: { config: `${stateDir}/configs`, secret: `${runDir}/secrets` },
    disk: fileDisk,
  });
}

/** The names of the projects that this host has to do with. */
export function createMirrors(
  { settings, store, clock, log }: AgentParts,
  { names: cache }: Remembered,
  callbacks: Pick<NameMirrorsParts, 'onChange' | 'isTrusted'>,
): NameMirrors {
  const { host, leaseTtlS } = settings;
  return new NameMirrors({
    ...{ store, clock, log, host, cache, leaseTtlMs: leaseTtlS * 1000 },
    ...callbacks,
  });
}

/** While etcd seems to have been wiped it proves nothing. A host that has only one-offs has no header: their cluster is proven otherwise. */
export function areNamesTrusted(
  { isFresh, placements }: Desired,
  oneOffs: Pick<OneOffs, 'isClusterProven'> | undefined,
): boolean {
  return isFresh || (placements.size === 0 && oneOffs?.isClusterProven === true);
}

/** Makes the loops of an agent, each with a pass at its own pace. */
export function loopsOf(
  { settings: { resyncMs }, clock, log, random: jitter }: AgentParts,
  isAtWork: () => boolean,
): (
  name: keyof typeof PACE,
  pass: (context: PassContext) => Promise<PassResult | undefined>,
) => ControlLoop {
  return (name, pass) => {
    const { minSpacingMs, rest, restAtWork = rest }: Pace = PACE[name];
    return createControlLoop({
      ...{ name, pass, resyncMs, minSpacingMs, clock, log, jitter },
      rest: () => (isAtWork() ? restAtWork : rest),
      backoff: { firstMs: 200, maxMs: 5_000 },
    });
  };
}
