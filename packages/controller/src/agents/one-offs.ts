import {
  apiPaths,
  isNapError,
  ownContainersSchema,
  parseInstanceId,
  type HostId,
  type OwnContainer,
} from '@nap/shared';
import type { ClusterView } from '../plan/cluster-view.js';
import { askHosts, type Absence, type Cluster } from './agents.js';
import { selectTarget, selectTargets, targetsOf, type Chosen, type Target } from './targets.js';

/** A container that somebody has started with `run`, and where. */
export interface FoundOneOff {
  readonly host: HostId;
  readonly project: string;
  readonly container: OwnContainer & { readonly oneOff: NonNullable<OwnContainer['oneOff']> };
}

export interface FoundOneOffs {
  readonly oneOffs: readonly FoundOneOff[];
  /** Hosts that may have some, and did not say. */
  readonly absent: readonly Absence[];
}

/** All of the cluster: nothing but the agents knows of them. Hosts that are known to be away are not asked. */
export async function findOneOffs(
  { view, agents }: Cluster,
  signal: AbortSignal,
): Promise<FoundOneOffs> {
  const hosts = [...view.hosts.values()].filter((it) => it.isAlive && it.info !== undefined);
  const call = { method: 'GET', path: apiPaths.containers, signal } as const;
  const { answers, absent } = await askHosts(
    agents,
    hosts.map(({ id }) => id),
    (client) => client.json(call, ownContainersSchema),
  );
  const oneOffs = answers.flatMap(({ host, value }) =>
    value.flatMap((it): readonly FoundOneOff[] => {
      const { oneOff } = it;
      if (oneOff === undefined) return [];
      const project = parseInstanceId(it.instance)?.project ?? '';
      return [{ host, project, container: { ...it, oneOff } }];
    }),
  );
  return { oneOffs, absent };
}

function toTarget({ host, project, container }: FoundOneOff): Target {
  const { instance, name, state, oneOff } = container;
  return {
    ...{ instance, project, host, index: 1, service: oneOff.service, containerName: name },
    isRunning: state === 'running',
  };
}

/** `targetsOf`, where a word may also be the name of a one-off: agents are asked only for what is no instance. */
export async function findTargets(
  cluster: Cluster,
  chosen: Chosen,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const { names = [], projectName } = chosen;
  const isKnown = names.every((word) => isInstance(cluster.view, word, projectName));
  return targetsOf(cluster.view, chosen, isKnown ? [] : await targetsAmong(cluster, signal));
}

/** `selectTarget`, likewise. */
export async function findTarget(
  cluster: Cluster,
  word: string,
  project: string | undefined,
  signal: AbortSignal,
): Promise<Target> {
  const isKnown = isInstance(cluster.view, word, project);
  return selectTarget(
    cluster.view,
    word,
    project,
    isKnown ? [] : await targetsAmong(cluster, signal),
  );
}

async function targetsAmong(cluster: Cluster, signal: AbortSignal): Promise<readonly Target[]> {
  return (await findOneOffs(cluster, signal)).oneOffs.map(toTarget);
}

function isInstance(view: ClusterView, word: string, project: string | undefined): boolean {
  try {
    selectTargets(view, word, project);
    return true;
  } catch (err) {
    if (isNapError(err, 'NOT_FOUND')) return false;
    throw err;
  }
}
