import type { AgentParts } from './agent-parts.js';
import { ContainerFiles } from './container-files/container-files.js';
import { InstanceNetwork } from './network/instance-network.js';
import type { AgentState } from './state/agent-state.js';

/** What an earlier life of this agent has left on the disk. */
export interface Remembered {
  readonly memory: Awaited<ReturnType<AgentState['loadMemory']>>;
  readonly desired: Awaited<ReturnType<AgentState['loadDesired']>>;
  readonly names: Awaited<ReturnType<AgentState['loadNames']>>;
}

export async function recall(state: AgentState): Promise<Remembered> {
  return {
    memory: await state.loadMemory(),
    desired: await state.loadDesired(),
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
