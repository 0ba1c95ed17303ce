import type {
  HealthcheckSpec,
  MountSpec,
  PortSpec,
  RestartSpec,
  ServiceContainer,
} from '@nap/shared';
import { durationMs } from './canonicalise/durations.js';
import { parsePortRange } from './canonicalise/ports.js';
import { parseRestart } from './canonicalise/restart.js';
import { parseTmpfs } from './canonicalise/tmpfs.js';
import { boolAt, child, entriesOf, itemsOf, numberAt, textAt, textsOf, type Node } from './node.js';

const STOP_GRACE_MS = 10_000;

/** Drops what is undefined: the spec hash counts the keys that are there. */
function present<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function stringMap(node: Node | undefined): Record<string, string> {
  const pairs = entriesOf(node).flatMap(([key, { value }]) =>
    value.kind === 'scalar' && typeof value.value === 'string' ? [[key, value.value] as const] : [],
  );
  return Object.fromEntries(pairs);
}

function filledMap(node: Node | undefined): Record<string, string> | undefined {
  return entriesOf(node).length === 0 ? undefined : stringMap(node);
}

function listAt(node: Node, key: string): string[] | undefined {
  const list = child(node, key);
  return list?.kind === 'list' ? [...textsOf(list)] : undefined;
}

function millisecondsAt(node: Node, key: string): number | undefined {
  const text = textAt(node, key);
  return text === undefined ? undefined : durationMs(text);
}

function portOf(node: Node): PortSpec {
  const published = textAt(node, 'published');
  const protocol = textAt(node, 'protocol');
  return present<PortSpec>({
    target: numberAt(node, 'target') ?? 0,
    published: published === undefined ? undefined : parsePortRange(published),
    hostIp: textAt(node, 'host_ip'),
    protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
  });
}

function bindOf(node: Node): MountSpec {
  const bind = child(node, 'bind');
  const selinux = textAt(bind, 'selinux');
  return present<MountSpec & { type: 'bind' }>({
    type: 'bind',
    source: textAt(node, 'source') ?? '',
    target: textAt(node, 'target') ?? '',
    readOnly: boolAt(node, 'read_only'),
    createHostPath: boolAt(bind, 'create_host_path'),
    propagation: textAt(bind, 'propagation'),
    selinux: selinux === 'z' || selinux === 'Z' ? selinux : undefined,
  });
}

function volumeOf(node: Node, volumes: Node | undefined, driver: string | undefined): MountSpec {
  const source = textAt(node, 'source');
  const declared = source === undefined ? undefined : child(volumes, source);
  const options = child(node, 'volume');
  return present<MountSpec & { type: 'volume' }>({
    type: 'volume',
    name: textAt(declared, 'name') ?? source,
    target: textAt(node, 'target') ?? '',
    readOnly: boolAt(node, 'read_only'),
    noCopy: boolAt(options, 'nocopy'),
    external: boolAt(declared, 'external') === true ? true : undefined,
    driver: textAt(declared, 'driver') ?? driver,
    driverOptions: filledMap(child(declared, 'driver_opts')),
    labels: filledMap(child(declared, 'labels')) ?? filledMap(child(options, 'labels')),
  });
}

function tmpfsOf(node: Node): MountSpec {
  const options = child(node, 'tmpfs');
  const size = textAt(options, 'size');
  return present<MountSpec & { type: 'tmpfs' }>({
    type: 'tmpfs',
    target: textAt(node, 'target') ?? '',
    sizeBytes: size === undefined ? undefined : Number(size),
    mode: numberAt(options, 'mode'),
  });
}

function mountsOf(service: Node, volumes: Node | undefined): MountSpec[] {
  const driver = textAt(service, 'volume_driver');
  const mounts = itemsOf(child(service, 'volumes')).map((node): MountSpec => {
    const type = textAt(node, 'type');
    if (type === 'bind') return bindOf(node);
    return type === 'tmpfs' ? tmpfsOf(node) : volumeOf(node, volumes, driver);
  });
  const short = textsOf(child(service, 'tmpfs')).flatMap((text): MountSpec[] => {
    const mount = parseTmpfs(text);
    if (mount === undefined) return [];
    const { target, sizeBytes, mode } = mount;
    return [present<MountSpec & { type: 'tmpfs' }>({ type: 'tmpfs', target, sizeBytes, mode })];
  });
  return [...mounts, ...short];
}

function healthcheckOf(node: Node | undefined): HealthcheckSpec | undefined {
  if (node === undefined) return undefined;
  const test = listAt(node, 'test');
  if (boolAt(node, 'disable') === true || test?.[0] === 'NONE') return { test: ['NONE'] };
  const health = present<HealthcheckSpec>({
    test: test?.length === 0 ? undefined : test,
    intervalMs: millisecondsAt(node, 'interval'),
    timeoutMs: millisecondsAt(node, 'timeout'),
    startPeriodMs: millisecondsAt(node, 'start_period'),
    startIntervalMs: millisecondsAt(node, 'start_interval'),
    retries: numberAt(node, 'retries'),
  });
  return Object.keys(health).length === 0 ? undefined : health;
}

const CONDITIONS = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;

/** `deploy.restart_policy` counts before `restart`; without either the program runs once. */
function restartOf(service: Node): RestartSpec {
  const policy = child(child(service, 'deploy'), 'restart_policy');
  if (policy?.kind !== 'map')
    return parseRestart(textAt(service, 'restart') ?? 'no') ?? { condition: 'no' };
  const condition = textAt(policy, 'condition');
  return present<RestartSpec>({
    condition: CONDITIONS[condition === 'none' || condition === 'on-failure' ? condition : 'any'],
    maxAttempts: numberAt(policy, 'max_attempts'),
    delayMs: millisecondsAt(policy, 'delay'),
  });
}

function exposedOf(service: Node): string[] {
  return textsOf(child(service, 'expose')).map((port) =>
    port.includes('/') ? port.toLowerCase() : `${port}/tcp`,
  );
}

function extraHostsOf(service: Node): string[] {
  return textsOf(child(service, 'extra_hosts')).map((entry) => entry.replace('=', ':'));
}

/** What every instance of a service runs. The service is canonical and without errors. */
export function toContainer(service: Node, volumes: Node | undefined): ServiceContainer {
  return present<ServiceContainer>({
    image: textAt(service, 'image') ?? '',
    command: listAt(service, 'command'),
    entrypoint: listAt(service, 'entrypoint'),
    environment: stringMap(child(service, 'environment')),
    labels: stringMap(child(service, 'labels')),
    hostname: textAt(service, 'hostname'),
    user: textAt(service, 'user'),
    workingDir: textAt(service, 'working_dir'),
    ports: itemsOf(child(service, 'ports')).map(portOf),
    expose: exposedOf(service),
    mounts: mountsOf(service, volumes),
    extraHosts: extraHostsOf(service),
    healthcheck: healthcheckOf(child(service, 'healthcheck')),
    restart: restartOf(service),
    stopSignal: textAt(service, 'stop_signal'),
    stopGracePeriodMs: millisecondsAt(service, 'stop_grace_period') ?? STOP_GRACE_MS,
  });
}
