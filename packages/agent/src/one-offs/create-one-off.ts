import { hashSpec, type HostId, type Placement, type RunStart } from '@nap/shared';
import { oneOffRequest } from '../docker/one-off-request.js';
import {
  addressFor,
  creationContext,
  engineFor,
  requireExternalVolumes,
  type CreateParts,
} from '../execute/create-container.js';

/** A container as an instance would have it, on the same network and with the names that are known at this moment. */
export async function createOneOff(start: RunStart, parts: CreateParts): Promise<string> {
  const { instance, spec } = start;
  engineFor(spec, parts);
  await requireExternalVolumes(spec, parts.docker);
  const address = addressFor(instance, spec, parts.network);
  const created = { name: spec.containerName, placement: asPlacement(start, parts.host) };
  return parts.docker.create(oneOffRequest(start, creationContext(created, address, parts)));
}

/** What it would be if it were one. It is never stored, nor among those that are reconciled. */
function asPlacement({ instance, spec, links }: RunStart, host: HostId): Placement {
  return {
    ...{ instance, host, spec, links: [...links], wanted: 'running', specHash: hashSpec(spec) },
    ...{ dependencies: [], aliases: [], reason: 'a one-off', decidedAtMs: 0 },
  };
}
