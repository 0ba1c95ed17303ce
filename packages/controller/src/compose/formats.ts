import { didYouMean } from '../did-you-mean.js';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import type { Findings } from './findings.js';
import {
  child,
  entriesOf,
  keyPath,
  mapNode,
  recordNode,
  textAt,
  withEntries,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';
import { TOP_LEVEL } from './top-level.js';

/** Keys of a service in the format of 2014, before services had a key of their own. */
const V1_KEYS = new Set([
  'build',
  'cap_add',
  'cap_drop',
  'cgroup_parent',
  'command',
  'container_name',
  'cpu_quota',
  'cpu_shares',
  'cpuset',
  'devices',
  'dns',
  'dns_search',
  'dockerfile',
  'domainname',
  'entrypoint',
  'env_file',
  'environment',
  'expose',
  'extends',
  'external_links',
  'extra_hosts',
  'hostname',
  'image',
  'ipc',
  'labels',
  'links',
  'log_driver',
  'log_opt',
  'mac_address',
  'mem_limit',
  'mem_swappiness',
  'memswap_limit',
  'net',
  'pid',
  'ports',
  'privileged',
  'read_only',
  'restart',
  'security_opt',
  'shm_size',
  'stdin_open',
  'stop_signal',
  'tty',
  'ulimits',
  'user',
  'volume_driver',
  'volumes',
  'volumes_from',
  'working_dir',
]);

const isV1Key = (key: string): boolean => V1_KEYS.has(key) || key.startsWith('x-');

const SERVICES_FORMAT = 'put the services under a key "services:"';

function isServiceLike(key: string, node: Node): boolean {
  if (typeof textAt(node, 'image') === 'string') return true;
  // A volume may be called "build": under the keys of today's format only an image makes a service.
  if (Object.hasOwn(TOP_LEVEL, key)) return false;
  return ['build', 'extends', 'image'].some((wanted) => child(node, wanted) !== undefined);
}

/**
 * Which format: `services` means today's, whatever `version` says. Without it, a file whose keys look like services, and
 * whose version is 1 or absent, is v1.
 */
export function isV1(root: MapNode): boolean {
  const version = child(root, 'version');
  const isSaid = version?.kind === 'scalar' && version.value !== null;
  if (isSaid && String(version.value) !== '1') return false;
  if (root.entries.has('services')) {
    const services = child(root, 'services');
    // A v1 service may be called "services". Where nothing says v1, one that has other keys holds services too little indented.
    if (services === undefined || !isServiceLike('services', services)) return false;
    if (!isSaid && entriesOf(services).some(([key]) => !isV1Key(key))) return false;
  }
  return entriesOf(root).some(
    ([key, { value }]) => !key.startsWith('x-') && isServiceLike(key, value),
  );
}

function unknownKey(key: string): readonly [string, string] {
  if (Object.hasOwn(SERVICE_ATTRIBUTES, key)) {
    return ['a file in the v1 format cannot have this key', SERVICES_FORMAT];
  }
  return ['unknown key', didYouMean(key, [...V1_KEYS]) ?? SERVICES_FORMAT];
}

function networkMode(net: Node, names: ReadonlySet<string>): Node | undefined {
  if (net.kind !== 'scalar') return net;
  const mode = String(net.value);
  // All v1 containers were on the engine's default bridge.
  if (mode === 'bridge') return undefined;
  const [, container = ''] = /^container:(.*)$/.exec(mode) ?? [];
  return names.has(container) ? { ...net, value: `service:${container}` } : net;
}

function buildOf(build: Node | undefined, dockerfile: Node | undefined): Node | undefined {
  if (build === undefined || dockerfile === undefined) return build;
  if (build.kind === 'map') return withEntries(build, { dockerfile });
  return recordNode({ context: build, dockerfile }, build.place);
}

function convertService(
  node: MapNode,
  path: string,
  names: ReadonlySet<string>,
  findings: Findings,
): MapNode {
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    if (isV1Key(key)) {
      entries.set(key, entry);
      continue;
    }
    const [message, hint] = unknownKey(key);
    findings.error(entry.keyPlace, keyPath(path, key), message, hint);
  }
  const build = entries.get('build') ?? entries.get('dockerfile');
  if (entries.has('image') && build !== undefined) {
    const hint = 'nap builds nothing: keep the image';
    findings.error(build.keyPlace, path, 'a v1 service has either an image or a build', hint);
  }
  const known: MapNode = { ...node, entries };
  const net = child(known, 'net');
  const driver = child(known, 'log_driver');
  const options = child(known, 'log_opt');
  const logging = recordNode({ driver, options }, (driver ?? options ?? node).place);
  return withEntries(known, {
    build: buildOf(child(known, 'build'), child(known, 'dockerfile')),
    dockerfile: undefined,
    net: undefined,
    network_mode: net === undefined ? undefined : networkMode(net, names),
    log_driver: undefined,
    log_opt: undefined,
    logging: logging.entries.size === 0 ? undefined : logging,
  });
}

/** A v1 file in today's format: its keys become services. Problems are reported as of `services.NAME`. */
export function fromV1(root: MapNode, findings: Findings): MapNode {
  const isService = ([key, { value }]: readonly [string, Entry]): boolean =>
    !key.startsWith('x-') && (key !== 'version' || value.kind === 'map');
  const services = entriesOf(root).filter(isService);
  const names = new Set(services.map(([name]) => name));
  const converted = services.map(([name, entry]) => {
    const value =
      entry.value.kind === 'map'
        ? convertService(entry.value, `services.${name}`, names, findings)
        : entry.value;
    return [name, { ...entry, value }] as const;
  });
  const rest = entriesOf(root).filter((entry) => !isService(entry));
  const { place } = root;
  return mapNode(
    [...rest, ['services', { keyPlace: place, value: mapNode(converted, place) }]],
    place,
  );
}
