import { NapError, type HostId } from '@nap/shared';
import { createRequest } from '../docker/create-request.js';
import type { DockerPort } from '../docker/docker-port.js';
import type { HostsWriter } from '../hosts-file/hosts-writer.js';
import { seedLines } from '../hosts-file/seeds.js';
import type { InstanceNetwork } from '../network/instance-network.js';
import type { StepOf } from '../reconcile/step.js';
import type { World } from '../world.js';

export interface CreateParts {
  readonly host: HostId;
  readonly docker: Pick<DockerPort, 'create'>;
  readonly network: InstanceNetwork;
  readonly hosts: HostsWriter;
  readonly world: World;
}

/** A container on the right network, with its address, and with the names that are known at this moment. */
export async function createContainer(step: StepOf<'create'>, parts: CreateParts): Promise<string> {
  const { network, hosts, world } = parts;
  const { choice } = network;
  const { facts } = world.parts.watch;
  if (choice === undefined || facts === undefined) {
    throw new NapError('DOCKER_UNAVAILABLE', 'the engine was not reached yet');
  }
  if (choice.problem !== undefined) throw new NapError('BAD_CONFIG', choice.problem);
  const address = network.take(step.instance);
  if (choice.hasStableAddresses && address === undefined) {
    throw new NapError(
      'DOCKER_REFUSED',
      `the subnet ${choice.subnet ?? ''} of this host has no free address`,
    );
  }
  const entries = hosts.entriesFor(step.placement, world.names());
  return parts.docker.create(
    createRequest({
      name: step.name,
      placement: step.placement,
      cluster: step.cluster,
      host: parts.host,
      network: choice.network,
      ...(address === undefined ? {} : { address }),
      inherited: step.inherited,
      seeds: seedLines(entries, step.placement.spec.extraHosts),
      apiVersion: facts.apiVersion,
    }),
  );
}
