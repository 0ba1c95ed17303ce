import type { HostInfo } from '@nap/shared';
import type { AgentSettings } from '../agent-parts.js';
import type { EngineFacts } from '../docker/docker-port.js';
import type { NetworkChoice } from '../network/choose-network.js';

/** What the cluster is told of this host. */
export function hostInfo(
  settings: AgentSettings,
  agentVersion: string,
  facts: EngineFacts,
  choice: NetworkChoice,
): HostInfo {
  return {
    host: settings.host,
    address: settings.address,
    ...(choice.subnet === undefined ? {} : { subnet: choice.subnet }),
    network: choice.network,
    capacity: {
      cpus: facts.cpus,
      memoryBytes: facts.memoryBytes,
      resources: { ...settings.resources },
    },
    platform: { os: facts.os, architecture: facts.architecture },
    engineVersion: facts.version,
    engineApiVersion: facts.apiVersion,
    agentVersion,
    labels: { ...settings.labels },
  };
}
