import type { Constraint, HostInfo } from '@nap/shared';
import { BlockList, isIP } from 'node:net';
import type { HostView } from './cluster-view.js';

/** The engine's own words for what images call otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: '386',
  i386: '386',
};

/** The name that images give to an architecture. */
export function architectureOf(word: string): string {
  return ARCHITECTURES[word.toLowerCase()] ?? word.toLowerCase();
}

const NODE_LABEL = 'node.labels.';
const ENGINE_LABEL = 'engine.labels.';

/** What the operator says of a host counts more than what its agent says. */
function labelOf({ info, policy }: HostView, name: string): string | undefined {
  return policy.labels[name] ?? info?.labels[name];
}

/** A host of nap runs instances and nothing else, so it is a worker in the words of Swarm. */
const ROLE = 'worker';

const ATTRIBUTES: Readonly<Record<string, (host: HostView) => string | undefined>> = {
  'node.id': ({ id }) => id,
  'node.hostname': ({ id }) => id,
  'node.role': () => ROLE,
  'node.ip': ({ info }) => info?.address,
  'node.platform.os': ({ info }) => info?.platform.os,
  'node.platform.arch': ({ info }) => archOf(info),
};

function archOf(info: HostInfo | undefined): string | undefined {
  return info === undefined ? undefined : architectureOf(info.platform.architecture);
}

/** What a host says about a key of a constraint, such as `node.labels.disk`. */
export function hostValue(host: HostView, key: string): string | undefined {
  if (key.startsWith(NODE_LABEL)) return labelOf(host, key.slice(NODE_LABEL.length));
  if (key.startsWith(ENGINE_LABEL)) return host.info?.labels[key.slice(ENGINE_LABEL.length)];
  return Object.hasOwn(ATTRIBUTES, key) ? ATTRIBUTES[key]?.(host) : undefined;
}

function isInSubnet(address: string, subnet: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  if (isIP(network) !== 4 || isIP(address) !== 4) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), 'ipv4');
  return list.check(address, 'ipv4');
}

function isEqual(key: string, own: string, wanted: string): boolean {
  if (key === 'node.ip' && wanted.includes('/')) return isInSubnet(own, wanted);
  if (key === 'node.platform.arch') return own === architectureOf(wanted);
  return own.toLowerCase() === wanted.toLowerCase();
}

/** Whether the constraint holds on the host. What a host does not say is equal to nothing. */
export function meets(host: HostView, { key, operator, value }: Constraint): boolean {
  const own = hostValue(host, key);
  const equal = own !== undefined && isEqual(key, own, value);
  return operator === '==' ? equal : !equal;
}

/** Why the host does not meet it, so that it reads on after "host-a …". */
export function unmetText(host: HostView, { key, operator, value }: Constraint): string {
  const label = [NODE_LABEL, ENGINE_LABEL].find((prefix) => key.startsWith(prefix));
  if (label === undefined) {
    return operator === '=='
      ? `has ${key} ${hostValue(host, key) ?? '(unknown)'}, not ${value}`
      : `has ${key} ${value}`;
  }
  const name = key.slice(label.length);
  return operator === '==' ? `lacks label ${name}=${value}` : `has label ${name}=${value}`;
}
