import { HOST_LEASE_TTL_S, type HostInfo } from '@nap/shared';
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
  const leaseTtlS = Math.ceil(settings.leaseTtlS);
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
    // Where it is as everywhere there is nothing to say: older controllers do not know the field.
    ...(leaseTtlS === HOST_LEASE_TTL_S ? {} : { leaseTtlS }),
  };
}
