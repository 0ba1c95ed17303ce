import { hashSpec, type HostId, type Placement, type RunStart } from '@nap/shared';
import type { ContainerFiles } from '../container-files/container-files.js';
import { networkOwner } from '../docker/create-network.js';
import type { DockerPort } from '../docker/docker-port.js';
import { oneOffRequest } from '../docker/one-off-request.js';
import { addressFor, engineFor } from '../execute/create-container.js';
import type { HostsWriter } from '../hosts-file/hosts-writer.js';
import { seedLines } from '../hosts-file/seeds.js';
import type { InstanceNetwork } from '../network/instance-network.js';
import { resolvePartners } from '../reconcile/partners.js';
import type { World } from '../world.js';

export interface CreateOneOffParts {
  readonly host: HostId;
  readonly docker: Pick<DockerPort, 'create'>;
  readonly network: InstanceNetwork;
  readonly hosts: HostsWriter;
  readonly files: Pick<ContainerFiles, 'pathOf'>;
  readonly world: World;
}

/** A container as an instance would have it, on the same network and with the names that are known at this moment. */
export async function createOneOff(start: RunStart, parts: CreateOneOffParts): Promise<string> {
  const { network, hosts, world, host, files } = parts;
  const { instance, spec } = start;
  const { choice, facts } = engineFor(spec, parts);
  const address = addressFor(instance, spec, network);
  const placement = asPlacement(start, host);
  const entries = networkOwner(spec) === 'nap' ? hosts.entriesFor(placement, world.names()) : [];
  return parts.docker.create(
    oneOffRequest(start, {
      ...{ name: spec.containerName, placement, host, network: choice.network },
      platform: { os: facts.os, architecture: facts.architecture },
      ...(address === undefined ? {} : { address }),
      seeds: seedLines(entries, spec.extraHosts),
      partners: resolvePartners(spec, world.parts.watch.containers),
      filePath: (file) => files.pathOf(instance, file),
      apiVersion: facts.apiVersion,
    }),
  );
}

/** What it would be if it were one. It is never stored, nor among those that are reconciled. */
function asPlacement({ instance, spec, links }: RunStart, host: HostId): Placement {
  return {
    ...{ instance, host, spec, links: [...links], wanted: 'running', specHash: hashSpec(spec) },
    ...{ dependencies: [], aliases: [], reason: 'a one-off', decidedAtMs: 0 },
  };
}
