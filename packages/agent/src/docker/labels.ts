import { z } from 'zod';
import type { HookSpec, InstanceId, Placement, SpecHash } from '@nap/shared';
import { hookSchema, isInstanceId, isSpecHash, parseInstanceId } from '@nap/shared';

/** Whose a container is. Names are for people and can be changed; these cannot. */
export const LABEL = {
  cluster: 'nap.cluster',
  instance: 'nap.instance',
  project: 'nap.project',
  service: 'nap.service',
  index: 'nap.index',
  specHash: 'nap.spec-hash',
  /** How many of its extra hosts, at the end of the list, are nap's own and may be taken back. */
  seeds: 'nap.seeds',
  /** The containers that it was made to share something with: see `formatPartners`. */
  partners: 'nap.partners',
  /** The hooks to run before it is stopped, as JSON: they are needed when nothing else knows its spec any more. */
  preStop: 'nap.pre-stop',
  /** Milliseconds: as for the hooks. */
  drainMs: 'nap.drain-ms',
  /** Instead of `instance`: the id of a one-off. Reconciling knows nothing of such a container. */
  oneOff: 'nap.one-off',
  /** What a one-off is linked to, as JSON. */
  links: 'nap.links',
  /** A one-off that is removed when it has ended. */
  removeAtEnd: 'nap.remove-at-end',
  /** A one-off with a terminal: it is stopped when nobody is there. */
  terminal: 'nap.terminal',
  /** The image that it was made of, as its spec says: see `notInherited`. */
  image: 'nap.image',
} as const;

export type Labels = Readonly<Record<string, string>>;

/**
 * Every label of nap, empty. The engine hands the labels of an image down to its containers, and `docker commit` those of a
 * container to an image: what nap left out, such a one would bring along.
 */
export const UNSET: Labels = Object.fromEntries(Object.values(LABEL).map((label) => [label, '']));

/**
 * The labels of a container, none for what was made of an image that has its labels from a container of nap's: by somebody
 * else, from another image than they say. `image`: what it was made of, as whoever made it wrote; undefined: nobody knows.
 */
export function notInherited(labels: Labels | null | undefined, image: string | undefined): Labels {
  const made = labels?.[LABEL.image];
  // Older versions of nap did not write it.
  const isOwn = made === undefined || image === undefined || made === image;
  return isOwn ? (labels ?? {}) : {};
}

export interface OwnLabels {
  readonly cluster: string;
  readonly instance: InstanceId;
  readonly specHash: SpecHash;
}

/** The labels of nap, and Compose's own, so that tools which know those show projects and services. */
export function ownLabels(placement: Placement, cluster: string): Record<string, string> {
  const parts = parseInstanceId(placement.instance);
  const [project, service, index] = [
    parts?.project ?? '',
    parts?.service ?? '',
    String(parts?.index ?? 0),
  ];
  return {
    [LABEL.cluster]: cluster,
    [LABEL.instance]: placement.instance,
    [LABEL.project]: project,
    [LABEL.service]: service,
    [LABEL.index]: index,
    [LABEL.specHash]: placement.specHash,
    [LABEL.image]: placement.spec.image,
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': index,
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': placement.specHash.replace(/^v1:/, ''),
  };
}

/** Undefined: not nap's, whatever else it may be. */
export function readLabels(labels: Labels): OwnLabels | undefined {
  const cluster = labels[LABEL.cluster];
  const instance = labels[LABEL.instance] ?? '';
  const specHash = labels[LABEL.specHash] ?? '';
  if (cluster === undefined || !isInstanceId(instance) || !isSpecHash(specHash)) return undefined;
  return { cluster, instance, specHash };
}

/** Of an instance or of a one-off. */
export function readInstance(labels: Labels): InstanceId | undefined {
  const id = [labels[LABEL.instance], labels[LABEL.oneOff]].find(
    (it) => it !== undefined && it !== '',
  );
  return id !== undefined && isInstanceId(id) ? id : undefined;
}

export const isOneOff = (labels: Labels): boolean => (labels[LABEL.oneOff] ?? '') !== '';

/** 0 when it has none, or somebody else wrote it. */
export function readDrainMs(label: string | undefined): number {
  const ms = Number(label ?? 0);
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

const preStopSchema = z.array(hookSchema);

/** None, when it has none or somebody else wrote it. */
export function readPreStop(label: string | undefined): readonly HookSpec[] {
  if (label === undefined || label === '') return [];
  try {
    return preStopSchema.parse(JSON.parse(label));
  } catch {
    // A newer nap's: what is not understood is not run, and does not keep a container from being stopped.
    return [];
  }
}
