import type { FileDigest, HostId, InstanceId, ProjectName } from '../model/ids.js';
import {
  isFileDigest,
  isHostId,
  isInstanceId,
  isProjectName,
  parseInstanceId,
} from '../model/ids.js';

/**
 * Every key of nap, relative to the root prefix; the only file with key literals. docs/etcd-schema.md says who writes and
 * who reads each.
 */
export const DEFAULT_ROOT = '/nap/v1/';

export const keys = {
  cluster: () => 'cluster',
  leader: () => 'leader',
  daemon: () => 'daemon',
  projects: () => 'projects/',
  project: (project: ProjectName) => `projects/${project}/`,
  projectSpec: (project: ProjectName) => `projects/${project}/spec`,
  projectRollout: (project: ProjectName) => `projects/${project}/rollout`,
  /** Zero padded, so that keys sort by revision. */
  projectRevision: (project: ProjectName, revision: number) =>
    `projects/${project}/history/${String(revision).padStart(8, '0')}`,
  placements: () => 'placements/',
  hostPlacements: (host: HostId) => `placements/${host}/`,
  placement: (host: HostId, instance: InstanceId) => `placements/${host}/${instance}`,
  /** No instance id: it holds no dot. */
  placementHeader: (host: HostId) => `placements/${host}/header`,
  /** Apart from `projects/`, which every controller reads as a whole. */
  contents: () => 'contents/',
  /** What the configs and secrets of the kept revisions hold. */
  content: (project: ProjectName, digest: FileDigest) => `contents/${project}/${digest}`,
  hostFiles: () => 'files/',
  /** What the configs and secrets of this host's placements hold: a host can read no other's. */
  hostFile: (host: HostId, digest: FileDigest) => `files/${host}/${digest}`,
  names: () => 'names/',
  projectNames: (project: ProjectName) => `names/${project}/`,
  name: (instance: InstanceId) => `names/${projectOf(instance)}/${instance}`,
  reports: () => 'reports/',
  projectReports: (project: ProjectName) => `reports/${project}/`,
  report: (instance: InstanceId) => `reports/${projectOf(instance)}/${instance}`,
  hosts: () => 'hosts/',
  hostInfo: (host: HostId) => `hosts/${host}/info`,
  hostSession: (host: HostId) => `hosts/${host}/session`,
  hostPolicy: (host: HostId) => `hosts/${host}/policy`,
  /** Apart from `info`: it holds a token where there is no TLS, and agents of before know nothing of it. */
  hostApi: (host: HostId) => `hosts/${host}/api`,
  volumes: () => 'volumes/',
  /** By the volume's name in the engine, such as `shop_data`. */
  volume: (name: string) => `volumes/${name}`,
  checks: () => 'checks/',
  check: (host: HostId) => `checks/${host}`,
  /** Apart from `checks/`, which every controller reads as a whole. */
  facts: () => 'facts/',
  hostFacts: (host: HostId) => `facts/${host}`,
} as const;

function projectOf(instance: InstanceId): ProjectName {
  const parts = parseInstanceId(instance);
  if (parts === undefined) throw new RangeError(`not an instance id: ${instance}`);
  return parts.project;
}

export type ParsedKey =
  | { readonly kind: 'cluster' | 'leader' | 'daemon' }
  | { readonly kind: 'volume'; readonly volume: string }
  | { readonly kind: 'projectSpec' | 'projectRollout'; readonly project: ProjectName }
  | { readonly kind: 'projectRevision'; readonly project: ProjectName; readonly revision: number }
  | { readonly kind: 'placement'; readonly host: HostId; readonly instance: InstanceId }
  | { readonly kind: 'placementHeader'; readonly host: HostId }
  | { readonly kind: 'content'; readonly project: ProjectName; readonly digest: FileDigest }
  | { readonly kind: 'hostFile'; readonly host: HostId; readonly digest: FileDigest }
  | {
      readonly kind: 'name' | 'report';
      readonly project: ProjectName;
      readonly instance: InstanceId;
    }
  | {
      readonly kind: 'hostInfo' | 'hostSession' | 'hostPolicy' | 'hostApi' | 'check' | 'hostFacts';
      readonly host: HostId;
    };

type Parser = (...parts: readonly string[]) => ParsedKey | undefined;

const HOST_LEAVES = {
  info: 'hostInfo',
  session: 'hostSession',
  policy: 'hostPolicy',
  api: 'hostApi',
} as const;
const isHostLeaf = (text: string): text is keyof typeof HOST_LEAVES =>
  Object.hasOwn(HOST_LEAVES, text);

const ofInstance =
  (kind: 'name' | 'report'): Parser =>
  (project = '', instance = '') =>
    isProjectName(project) && isInstanceId(instance) ? { kind, project, instance } : undefined;

const PARSERS: Readonly<Record<string, Parser>> = {
  cluster: () => ({ kind: 'cluster' }),
  leader: () => ({ kind: 'leader' }),
  daemon: () => ({ kind: 'daemon' }),
  names: ofInstance('name'),
  reports: ofInstance('report'),
  checks: (host = '') => (isHostId(host) ? { kind: 'check', host } : undefined),
  facts: (host = '') => (isHostId(host) ? { kind: 'hostFacts', host } : undefined),
  volumes: (volume = '', ...rest) =>
    volume !== '' && rest.length === 0 ? { kind: 'volume', volume } : undefined,
  hosts: (host = '', leaf = '') =>
    isHostId(host) && isHostLeaf(leaf) ? { kind: HOST_LEAVES[leaf], host } : undefined,
  placements: (host = '', leaf = '') => {
    if (!isHostId(host)) return undefined;
    if (leaf === 'header') return { kind: 'placementHeader', host };
    return isInstanceId(leaf) ? { kind: 'placement', host, instance: leaf } : undefined;
  },
  files: (host = '', digest = '') =>
    isHostId(host) && isFileDigest(digest) ? { kind: 'hostFile', host, digest } : undefined,
  contents: (project = '', digest = '') =>
    isProjectName(project) && isFileDigest(digest)
      ? { kind: 'content', project, digest }
      : undefined,
  projects: (project = '', leaf = '', revision = '') => {
    if (!isProjectName(project)) return undefined;
    if (leaf === 'spec') return { kind: 'projectSpec', project };
    if (leaf === 'rollout') return { kind: 'projectRollout', project };
    return leaf === 'history' && /^\d+$/.test(revision)
      ? { kind: 'projectRevision', project, revision: Number(revision) }
      : undefined;
  },
};

/** Undefined for a key that this nap does not know: a newer version's, or a stranger's. */
export function parseKey(key: string): ParsedKey | undefined {
  const [head = '', ...rest] = key.split('/');
  return Object.hasOwn(PARSERS, head) ? PARSERS[head]?.(...rest) : undefined;
}
