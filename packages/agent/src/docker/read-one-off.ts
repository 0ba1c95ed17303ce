import type { ContainerInspectInfo } from 'dockerode';
import { isInstanceId, linkSchema, type Link } from '@nap/shared';
import { z } from 'zod';
import type { ObservedOneOff } from '../reconcile/one-off.js';
import { LABEL, notInherited } from './labels.js';
import { readNetworkMode } from './partner-ids.js';
import { addressOf, runState, seedsOf, stopTimeoutS } from './read-inspect.js';

/** Undefined for a container that is no one-off of nap's. */
export function readOneOff(info: ContainerInspectInfo): ObservedOneOff | undefined {
  const labels = notInherited(info.Config.Labels, info.Config.Image);
  const instance = labels[LABEL.oneOff] ?? '';
  const cluster = labels[LABEL.cluster];
  if (cluster === undefined || !isInstanceId(instance)) return undefined;
  const run = runState(info);
  const ip = run.state === 'running' ? addressOf(info) : undefined;
  return {
    ...{ instance, cluster, run },
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    network: readNetworkMode(info.HostConfig.NetworkMode),
    ...(ip === undefined ? {} : { ip }),
    hostsPath: info.HostsPath,
    seeds: seedsOf(info),
    stopGraceMs: stopTimeoutS(info) * 1000,
    links: readLinks(labels[LABEL.links]),
    isRemovedAtEnd: labels[LABEL.removeAtEnd] === 'true',
    hasTerminal: labels[LABEL.terminal] === 'true',
  };
}

const linksSchema = z.array(linkSchema);

/** None, when somebody else wrote them. */
function readLinks(label: string | undefined): Link[] {
  try {
    return linksSchema.parse(JSON.parse(label ?? '[]'));
  } catch {
    return [];
  }
}
