import { NapError, refusedFeatures, type HostId } from '@nap/shared';
import type { ContainerFiles } from '../container-files/container-files.js';
import { networkOwner } from '../docker/create-network.js';
import { createRequest } from '../docker/create-request.js';
import type { DockerPort } from '../docker/docker-port.js';
import type { HostsWriter } from '../hosts-file/hosts-writer.js';
import { seedLines } from '../hosts-file/seeds.js';
import type { InstanceNetwork } from '../network/instance-network.js';
import { resolvePartners } from '../reconcile/partners.js';
import type { StepOf } from '../reconcile/step.js';
import type { World } from '../world.js';

export interface CreateParts {
  readonly host: HostId;
  readonly docker: Pick<DockerPort, 'create'>;
  readonly network: InstanceNetwork;
  readonly hosts: HostsWriter;
  readonly files: Pick<ContainerFiles, 'pathOf'>;
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
  const { spec } = step.placement;
  const refused = refusedFeatures(spec, facts.apiVersion);
  if (refused.length > 0) throw new NapError('DOCKER_REFUSED', refused.join('; '));
  const isOnOwnNetwork = networkOwner(spec) === 'nap';
  const held = network.addressOf(step.instance);
  const isTaken = world.parts.watch.containers.some(({ ip }) => ip !== undefined && ip === held);
  const isBeside = step.isBeside === true && isTaken;
  const address = isOnOwnNetwork ? network.take(step.instance, isBeside) : undefined;
  if (isOnOwnNetwork && choice.hasStableAddresses && address === undefined) {
    throw new NapError(
      'DOCKER_REFUSED',
      `the subnet ${choice.subnet ?? ''} of this host has no free address`,
    );
  }
  const entries = isOnOwnNetwork ? hosts.entriesFor(step.placement, world.names()) : [];
  return parts.docker.create(
    createRequest({
      name: step.name,
      placement: step.placement,
      cluster: step.cluster,
      host: parts.host,
      platform: { os: facts.os, architecture: facts.architecture },
      network: choice.network,
      ...(address === undefined ? {} : { address }),
      inherited: step.inherited,
      seeds: seedLines(entries, spec.extraHosts),
      partners: resolvePartners(spec, world.parts.watch.containers),
      filePath: (file) => parts.files.pathOf(step.instance, file),
      apiVersion: facts.apiVersion,
    }),
  );
}
