import {
  NapError,
  refusedFeatures,
  type ContainerSpec,
  type HostId,
  type InstanceId,
} from '@nap/shared';
import type { ContainerFiles } from '../container-files/container-files.js';
import { networkOwner } from '../docker/create-network.js';
import { createRequest, type CreateContext } from '../docker/create-request.js';
import type { DockerPort, EngineFacts } from '../docker/docker-port.js';
import type { HostsWriter } from '../hosts-file/hosts-writer.js';
import { seedLines } from '../hosts-file/seeds.js';
import type { NetworkChoice } from '../network/choose-network.js';
import type { InstanceNetwork } from '../network/instance-network.js';
import { resolvePartners } from '../reconcile/partners.js';
import type { StepOf } from '../reconcile/step.js';
import type { World } from '../world.js';

export interface CreateParts {
  readonly host: HostId;
  readonly docker: Pick<DockerPort, 'create' | 'hasVolume'>;
  readonly network: InstanceNetwork;
  readonly hosts: HostsWriter;
  readonly files: Pick<ContainerFiles, 'pathOf'>;
  readonly world: World;
}

/** What was found out about the engine. Throws when it is not known yet, or cannot make such a container. */
export function engineFor(
  spec: ContainerSpec,
  { network, world }: Pick<CreateParts, 'network' | 'world'>,
): { readonly choice: NetworkChoice; readonly facts: EngineFacts } {
  const { choice } = network;
  const { facts } = world.parts.watch;
  if (choice === undefined || facts === undefined) {
    throw new NapError('DOCKER_UNAVAILABLE', 'the engine was not reached yet');
  }
  if (choice.problem !== undefined) throw new NapError('BAD_CONFIG', choice.problem);
  const refused = refusedFeatures(spec, facts.apiVersion);
  if (refused.length > 0) throw new NapError('DOCKER_REFUSED', refused.join('; '));
  return { choice, facts };
}

/** Undefined where the engine chooses one, or there is none to have. Throws DOCKER_REFUSED when all are taken. */
export function addressFor(
  instance: InstanceId,
  spec: ContainerSpec,
  network: InstanceNetwork,
  isBeside = false,
): string | undefined {
  const { choice } = network;
  if (networkOwner(spec) !== 'nap') return undefined;
  const address = network.take(instance, isBeside);
  if (choice?.hasStableAddresses !== true || address !== undefined) return address;
  throw new NapError(
    'DOCKER_REFUSED',
    `the subnet ${choice.subnet ?? ''} of this host has no free address`,
  );
}

/** What every container of this host is created with, whoever asks for it. Throws as `engineFor`. */
export function creationContext(
  { placement, name }: Pick<CreateContext, 'placement' | 'name'>,
  address: string | undefined,
  { host, network, hosts, files, world }: CreateParts,
): Omit<CreateContext, 'cluster' | 'inherited'> {
  const { instance, spec } = placement;
  const { choice, facts } = engineFor(spec, { network, world });
  const isOnOwnNetwork = networkOwner(spec) === 'nap';
  const entries = isOnOwnNetwork ? hosts.entriesFor(placement, world.names()) : [];
  return {
    ...{ name, placement, host, network: choice.network },
    platform: { os: facts.os, architecture: facts.architecture },
    ...(address === undefined ? {} : { address }),
    seeds: seedLines(entries, spec.extraHosts),
    partners: resolvePartners(spec, world.parts.watch.containers),
    filePath: (file) => files.pathOf(instance, file),
    apiVersion: facts.apiVersion,
  };
}

/** Throws DOCKER_REFUSED: the engine would make an empty one, and the program would begin without its data. */
export async function requireExternalVolumes(
  { mounts }: ContainerSpec,
  docker: Pick<DockerPort, 'hasVolume'>,
): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== 'volume' || mount.external !== true || mount.name === undefined) continue;
    if (await docker.hasVolume(mount.name)) continue;
    throw new NapError('DOCKER_REFUSED', `external volume ${mount.name} is not on this host`, {
      hint: `docker volume create ${mount.name}, or leave out external: true`,
    });
  }
}

/** A container on the right network, with its address, and with the names that are known at this moment. */
export async function createContainer(step: StepOf<'create'>, parts: CreateParts): Promise<string> {
  const { network, world } = parts;
  const { spec } = step.placement;
  engineFor(spec, parts);
  await requireExternalVolumes(spec, parts.docker);
  const held = network.addressOf(step.instance);
  const isTaken = world.parts.watch.containers.some(({ ip }) => ip !== undefined && ip === held);
  const isBeside = step.isBeside === true && isTaken;
  const address = addressFor(step.instance, spec, network, isBeside);
  return parts.docker.create(
    createRequest({
      ...creationContext(step, address, parts),
      ...{ cluster: step.cluster, inherited: step.inherited },
    }),
  );
}
