import type { ContainerSpec, MountSpec } from '../schema/container-spec.js';

/** What only newer engines can do, by the version of the Engine API that brought it. */

/** What of a spec an older engine may lack. */
type Demands = Pick<
  ContainerSpec,
  'platform' | 'cgroupNamespace' | 'annotations' | 'healthcheck' | 'mounts'
>;

interface Feature {
  readonly sinceApi: string;
  /** How the sentence about it begins. */
  readonly words: string;
  readonly isUsed: (spec: Demands) => boolean;
  /**
   * What an older engine makes of it. `left-out`: a container without it does the same work. `refused`: it would see other
   * files or run another program than the Compose file says, so there is none.
   */
  readonly without: 'left-out' | 'refused';
}

const anyMount = (is: (mount: MountSpec) => boolean) => (spec: Demands) => spec.mounts.some(is);

export type EngineFeature =
  | 'platform'
  | 'cgroupNamespace'
  | 'createMountPoint'
  | 'annotations'
  | 'startInterval'
  | 'recursiveReadOnly'
  | 'volumeSubpath'
  | 'imageMount';

const FEATURES: Readonly<Record<EngineFeature, Feature>> = {
  platform: {
    sinceApi: '1.41',
    words: '`platform` needs',
    isUsed: (spec) => spec.platform !== undefined,
    without: 'refused',
  },
  cgroupNamespace: {
    sinceApi: '1.41',
    words: '`cgroup` needs',
    isUsed: (spec) => spec.cgroupNamespace !== undefined,
    without: 'left-out',
  },
  createMountPoint: {
    sinceApi: '1.42',
    words: 'a bind mount with `recursive` and `create_host_path` needs',
    isUsed: anyMount(
      (mount) =>
        mount.type === 'bind' && mount.recursive !== undefined && mount.createHostPath !== false,
    ),
    without: 'left-out',
  },
  annotations: {
    sinceApi: '1.43',
    words: '`annotations` need',
    isUsed: (spec) => spec.annotations !== undefined,
    without: 'left-out',
  },
  startInterval: {
    sinceApi: '1.44',
    words: '`start_interval` of a healthcheck needs',
    isUsed: (spec) => spec.healthcheck?.startIntervalMs !== undefined,
    without: 'left-out',
  },
  recursiveReadOnly: {
    sinceApi: '1.44',
    words: 'a bind mount with `recursive: readonly` needs',
    isUsed: anyMount((mount) => mount.type === 'bind' && mount.recursive === 'readonly'),
    without: 'refused',
  },
  volumeSubpath: {
    sinceApi: '1.45',
    words: '`subpath` of a volume needs',
    isUsed: anyMount((mount) => mount.type === 'volume' && mount.subpath !== undefined),
    without: 'refused',
  },
  imageMount: {
    sinceApi: '1.48',
    words: 'a mount of type `image` needs',
    isUsed: anyMount((mount) => mount.type === 'image'),
    without: 'refused',
  },
};

/** Whether an engine of this API version can do it. */
export function hasFeature(feature: EngineFeature, apiVersion: string): boolean {
  return isApiAtLeast(apiVersion, FEATURES[feature].sinceApi);
}

/** True when a version such as `1.41` is the other one or newer; compared by number, not as text. */
export function isApiAtLeast(apiVersion: string, needed: string): boolean {
  const [have, want] = [numbers(apiVersion), numbers(needed)];
  return have.major > want.major || (have.major === want.major && have.minor >= want.minor);
}

function numbers(version: string): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return { major, minor };
}

/** What a spec asks for that not every engine has. */
export function usedFeatures(spec: Demands): readonly EngineFeature[] {
  // The keys of the table are its type's.
  return (Object.keys(FEATURES) as EngineFeature[]).filter((it) => FEATURES[it].isUsed(spec));
}

/** What a spec asks for and an engine does not have, without which the container would not be what the Compose file says: a sentence each. */
export function refusedFeatures(spec: Demands, apiVersion: string): readonly string[] {
  return missing(usedFeatures(spec), apiVersion, 'refused').map((it) => sentence(it, apiVersion));
}

/** Likewise, without which the container does the same work. */
export function leftOutFeatures(
  used: readonly EngineFeature[],
  apiVersion: string,
): readonly string[] {
  return missing(used, apiVersion, 'left-out').map((it) => sentence(it, apiVersion));
}

/** Why an engine of this API version cannot run what uses these, so that it reads on after "host-a …"; undefined when it can. */
export function whyEngineTooOld(
  used: readonly EngineFeature[],
  apiVersion: string,
): string | undefined {
  const refused = missing(used, apiVersion, 'refused');
  if (refused.length === 0) return undefined;
  const needs = refused.map(({ words, sinceApi }) => `${words} ${sinceApi}`);
  return `has Engine API ${apiVersion}: ${needs.join(', ')}`;
}

function missing(
  used: readonly EngineFeature[],
  apiVersion: string,
  without: Feature['without'],
): readonly Feature[] {
  return used
    .map((feature) => FEATURES[feature])
    .filter((it) => it.without === without)
    .filter(({ sinceApi }) => !isApiAtLeast(apiVersion, sinceApi));
}

function sentence({ words, sinceApi, without }: Feature, apiVersion: string): string {
  const outcome = without === 'refused' ? 'the container is not created' : 'left out';
  return `${words} Engine API ${sinceApi}, this host has ${apiVersion}: ${outcome}`;
}
