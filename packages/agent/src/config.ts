import { hostname } from 'node:os';
import { HOST_LEASE_TTL_S, isHostId, LIMITS, NapError, type HostId } from '@nap/shared';
import { etcdFlags, type EtcdFlags, type LogLevel } from '@nap/shared/runtime';
import { apiFlags, type ApiFlags } from './api/api-settings.js';
import { parseAddress } from './network/cidr.js';
import type { NetworkMode } from './network/choose-network.js';

/** Flags of `nap-agent run`, as data in yargs' own form. Each can also be set as NAP_… or in the config file. */
export const agentFlags = {
  ...etcdFlags,
  host: {
    type: 'string',
    description: 'name of this host; default: the host name, lower case, first label',
  },
  address: {
    type: 'string',
    description:
      "this host's address on the hosts' own network; default: that of the interface that reaches etcd",
  },
  'docker-socket': {
    type: 'string',
    default: '/var/run/docker.sock',
    description: "dockerd's socket",
  },
  'docker-pid-file': {
    type: 'string',
    default: '/run/docker.pid',
    description: 'tells when dockerd was started',
  },
  'docker-config': {
    type: 'string',
    description:
      "directory of Docker's config.json, with the logins to registries; default: $DOCKER_CONFIG or /root/.docker",
  },
  'state-dir': {
    type: 'string',
    default: '/var/lib/nap',
    description: 'where the agent keeps what it must know while etcd is away',
  },
  'run-dir': {
    type: 'string',
    default: '/run/nap-agent',
    description: 'where the agent keeps secrets; on a file system in memory',
  },
  'subnet-file': {
    type: 'string',
    default: '/run/flannel/subnet.env',
    description: 'the file that flannel writes',
  },
  'flannel-prefix': {
    type: 'string',
    default: '/coreos.com/network',
    description: "root of flannel's keys in etcd",
  },
  network: {
    choices: ['auto', 'bridge', 'nap'] as const,
    default: 'auto' as const,
    description:
      "network of the instances: the engine's bridge, or one of nap's own on flannel's subnet",
  },
  label: {
    type: 'string',
    array: true,
    default: [] as string[],
    description: 'key=value, for placement rules',
  },
  resource: {
    type: 'string',
    array: true,
    default: [] as string[],
    description:
      'kind=count, what the host has to lend, such as gpu=2; default: gpu, the number of NVIDIA cards',
  },
  ...apiFlags,
  concurrency: {
    type: 'number',
    default: 4,
    description: 'containers that are started at the same time',
  },
  'resync-s': {
    type: 'number',
    default: 30,
    description: 'seconds between two full looks at everything',
  },
  'lease-ttl-s': {
    type: 'number',
    default: HOST_LEASE_TTL_S,
    description:
      'seconds of silence after which the cluster believes this host lost; best the same on all hosts',
  },
  'log-level': {
    choices: ['error', 'warn', 'info', 'debug'] as const,
    default: 'info' as const,
    description: 'the least that is logged',
  },
} as const;

export interface AgentFlags extends EtcdFlags, ApiFlags {
  readonly host?: string | undefined;
  readonly address?: string | undefined;
  readonly dockerSocket: string;
  readonly dockerPidFile: string;
  readonly dockerConfig?: string | undefined;
  readonly stateDir: string;
  readonly runDir: string;
  readonly subnetFile: string;
  readonly flannelPrefix: string;
  readonly network: NetworkMode;
  readonly label: readonly string[];
  readonly resource: readonly string[];
  readonly concurrency: number;
  readonly resyncS: number;
  readonly leaseTtlS: number;
  readonly logLevel: LogLevel;
}

export interface AgentConfig {
  readonly host: HostId;
  /** Absent: to be found out. */
  readonly address?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0: there is none, whatever else was found. */
  readonly resources: Readonly<Record<string, number>>;
  readonly concurrency: number;
  readonly resyncMs: number;
  readonly leaseTtlS: number;
}

/** Whose first number is this or more goes to many hosts, or is reserved. */
const MULTICAST = 224;

const bad = (message: string, hint: string): NapError =>
  new NapError('BAD_CONFIG', message, { hint });

/** Throws BAD_CONFIG naming the flag. */
export function readConfig(flags: AgentFlags): AgentConfig {
  return {
    host: readHost(flags.host),
    ...(flags.address === undefined ? {} : { address: readAddress(flags.address) }),
    labels: readLabelFlags(flags.label),
    resources: readResourceFlags(flags.resource),
    concurrency: within('concurrency', flags.concurrency, 1, 64),
    resyncMs: 1000 * within('resync-s', flags.resyncS, 1, 3600),
    leaseTtlS: within('lease-ttl-s', flags.leaseTtlS, 2, 3600),
  };
}

function readHost(flag: string | undefined): HostId {
  const name = flag ?? hostname().toLowerCase().replace(/\..*$/, '');
  if (isHostId(name)) return name;
  throw bad(
    `--host: ${JSON.stringify(name)} is no host name`,
    'lower case letters, digits, dots and dashes',
  );
}

function readAddress(flag: string): string {
  const address = parseAddress(flag);
  if (address === undefined) {
    throw bad(`--address: ${JSON.stringify(flag)} is no IPv4 address`, 'such as 10.0.0.11');
  }
  const first = Math.floor(address / 2 ** 24);
  if (first > 0 && first < MULTICAST) return flag;
  throw bad(`--address: ${flag} is the address of no host`, 'such as 10.0.0.11');
}

function readLabelFlags(flags: readonly string[]): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const text of flags.flatMap((flag) => flag.split(','))) {
    const at = text.indexOf('=');
    if (at < 1) throw bad(`--label: ${JSON.stringify(text)} is no label`, 'such as disk=ssd');
    labels[text.slice(0, at)] = text.slice(at + 1);
  }
  return labels;
}

function readResourceFlags(flags: readonly string[]): Readonly<Record<string, number>> {
  const resources: Record<string, number> = {};
  for (const text of flags.flatMap((flag) => flag.split(','))) {
    const [, kind, count] = /^([\w.-]{1,63})=(\d{1,9})$/.exec(text) ?? [];
    if (kind === undefined || count === undefined) {
      throw bad(`--resource: ${JSON.stringify(text)} is no resource`, 'such as gpu=2');
    }
    resources[kind] = within('resource', Number(count), 0, LIMITS.resourceCount);
  }
  if (Object.keys(resources).length <= LIMITS.resourceKinds) return resources;
  throw bad(`--resource: more than ${LIMITS.resourceKinds} kinds`, 'name fewer');
}

function within(flag: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw bad(
    `--${flag}: ${value} is not a whole number from ${min} to ${max}`,
    'see nap-agent run --help',
  );
}
