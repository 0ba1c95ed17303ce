import type { ContainerSpec, HealthcheckSpec, HostId, MountSpec, Placement } from '@nap/shared';
import type { AttachedVolume } from '../reconcile/observed.js';
import {
  PROPAGATIONS,
  type CreateBody,
  type CreateRequest,
  type EngineMount,
} from './docker-port.js';
import { LABEL, ownLabels } from './labels.js';

export interface CreateContext {
  readonly name: string;
  readonly placement: Placement;
  readonly cluster: string;
  readonly host: HostId;
  /** The engine's network for instances: `bridge` or `nap`. */
  readonly network: string;
  /** A fixed address, where the network takes one. */
  readonly address?: string;
  readonly inherited: readonly AttachedVolume[];
  /** `name:address` lines that nap knows now: the program's first instruction finds them. */
  readonly seeds: readonly string[];
  readonly apiVersion: string;
}

/** A spec in the Engine API's terms. */
export function createRequest(context: CreateContext): CreateRequest {
  const { placement, name } = context;
  const { spec } = placement;
  const body: CreateBody = {
    Image: spec.image,
    ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: entrypoint(spec.entrypoint) }),
    Env: environment(spec, context.host),
    Labels: {
      ...spec.labels,
      ...ownLabels(placement, context.cluster),
      [LABEL.seeds]: String(context.seeds.length),
    },
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ExposedPorts: exposedPorts(spec),
    ...(spec.healthcheck === undefined
      ? {}
      : { Healthcheck: healthcheck(spec.healthcheck, context.apiVersion) }),
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
    StopTimeout: Math.ceil(spec.stopGracePeriodMs / 1000),
    HostConfig: hostConfig(spec, context),
    ...(context.address === undefined
      ? {}
      : { NetworkingConfig: endpoint(context, context.address) }),
  };
  return { name, body };
}

/** The API clears an image's entrypoint by a list of one empty text. */
const entrypoint = (given: readonly string[]): string[] => (given.length === 0 ? [''] : [...given]);

/** NAP_HOST is known on the host only, and is no part of the spec: moving an instance is no change of it. */
function environment(spec: ContainerSpec, host: HostId): string[] {
  const own = { NAP_HOST: host, ...spec.environment };
  return Object.entries(own).map(([key, value]) => `${key}=${value}`);
}

function exposedPorts(spec: ContainerSpec): Record<string, object> {
  const published = spec.ports.map((port) => `${port.target}/${port.protocol}`);
  return Object.fromEntries(
    [...spec.expose.flatMap(expandPorts), ...published].map((key) => [key, {}]),
  );
}

/** `8000-8002/tcp` → one key a port: the create call knows no ranges. */
function expandPorts(text: string): readonly string[] {
  const [, from = '', to = from, protocol = 'tcp'] =
    /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? [];
  const count = Number(to) - Number(from) + 1;
  if (from === '' || count < 1) return [];
  return Array.from({ length: count }, (_, at) => `${Number(from) + at}/${protocol}`);
}

function portBindings(spec: ContainerSpec): CreateBody['HostConfig']['PortBindings'] {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { target, protocol, published, hostIp } of spec.ports) {
    const key = `${target}/${protocol}`;
    const hostPort =
      published === undefined
        ? ''
        : published.from === published.to
          ? String(published.from)
          : `${published.from}-${published.to}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp ?? '', HostPort: hostPort }];
  }
  return bindings;
}

const NS_PER_MS = 1_000_000;

function healthcheck(
  spec: HealthcheckSpec,
  apiVersion: string,
): NonNullable<CreateBody['Healthcheck']> {
  const ns = (ms: number): number => Math.round(ms * NS_PER_MS);
  const { test, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = spec;
  const hasStartInterval = startIntervalMs !== undefined && isApiAtLeast(apiVersion, 1, 44);
  return {
    ...(test === undefined ? {} : { Test: test }),
    ...(intervalMs === undefined ? {} : { Interval: ns(intervalMs) }),
    ...(timeoutMs === undefined ? {} : { Timeout: ns(timeoutMs) }),
    ...(startPeriodMs === undefined ? {} : { StartPeriod: ns(startPeriodMs) }),
    ...(hasStartInterval ? { StartInterval: ns(startIntervalMs) } : {}),
    ...(retries === undefined ? {} : { Retries: retries }),
  };
}

export function isApiAtLeast(apiVersion: string, major: number, minor: number): boolean {
  const [haveMajor = 0, haveMinor = 0] = apiVersion.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

function hostConfig(spec: ContainerSpec, context: CreateContext): CreateBody['HostConfig'] {
  return {
    Binds: spec.mounts.flatMap(bind),
    Mounts: mounts(spec, context.inherited),
    PortBindings: portBindings(spec),
    ExtraHosts: [...spec.extraHosts, ...context.seeds],
    // Restarts are nap's: it knows dependencies, backoff and whether the instance still belongs here.
    RestartPolicy: { Name: 'no' },
    NetworkMode: context.network,
  };
}

function endpoint(
  context: CreateContext,
  address: string,
): NonNullable<CreateBody['NetworkingConfig']> {
  return { EndpointsConfig: { [context.network]: { IPAMConfig: { IPv4Address: address } } } };
}

const isBind = (spec: MountSpec): boolean => spec.type === 'bind' && spec.createHostPath !== false;

/** Only the short form creates a missing path on the host. */
function bind(spec: MountSpec): readonly string[] {
  if (spec.type !== 'bind' || !isBind(spec)) return [];
  const options = [
    spec.readOnly === true ? 'ro' : 'rw',
    ...(spec.propagation === undefined ? [] : [spec.propagation]),
    ...(spec.selinux === undefined ? [] : [spec.selinux]),
  ];
  return [`${spec.source}:${spec.target}:${options.join(',')}`];
}

function mount(spec: MountSpec): readonly EngineMount[] {
  if (isBind(spec)) return [];
  const readOnly = 'readOnly' in spec && spec.readOnly ? { ReadOnly: true } : {};
  switch (spec.type) {
    case 'bind': {
      const propagation = PROPAGATIONS.find((known) => known === spec.propagation);
      const options =
        propagation === undefined ? {} : { BindOptions: { Propagation: propagation } };
      return [{ Type: 'bind', Source: spec.source, Target: spec.target, ...readOnly, ...options }];
    }
    case 'volume':
      return [
        {
          Type: 'volume',
          Source: spec.name ?? '',
          Target: spec.target,
          ...readOnly,
          VolumeOptions: volumeOptions(spec),
        },
      ];
    case 'image':
      return [{ Type: 'image', Source: spec.image, Target: spec.target, ReadOnly: true }];
    case 'tmpfs': {
      const { sizeBytes, mode } = spec;
      // The engine takes 0 as "not given".
      const options = { SizeBytes: sizeBytes ?? 0, Mode: mode ?? 0 };
      return [{ Type: 'tmpfs', Source: '', Target: spec.target, TmpfsOptions: options }];
    }
  }
}

function volumeOptions(
  spec: Extract<MountSpec, { type: 'volume' }>,
): NonNullable<EngineMount['VolumeOptions']> {
  const isExternal = spec.external === true;
  return {
    NoCopy: spec.noCopy ?? false,
    Labels: (isExternal ? undefined : spec.labels) ?? {},
    DriverConfig: {
      // Empty: the engine's own default, and for a volume that exists whatever it has.
      Name: (isExternal ? undefined : spec.driver) ?? '',
      Options: (isExternal ? undefined : spec.driverOptions) ?? {},
    },
  };
}

/** A path that the spec mounts by name is not inherited: the file has the last word. */
function heirlooms(
  spec: ContainerSpec,
  inherited: readonly AttachedVolume[],
): ReadonlyMap<string, AttachedVolume> {
  const byTarget = new Map(inherited.map((volume) => [volume.target, volume]));
  for (const own of spec.mounts) {
    if (!isAnonymous(own)) byTarget.delete(own.target);
  }
  return byTarget;
}

const isAnonymous = (spec: MountSpec): boolean => spec.type === 'volume' && spec.name === undefined;

function mounts(spec: ContainerSpec, inherited: readonly AttachedVolume[]): EngineMount[] {
  const byTarget = heirlooms(spec, inherited);
  const own = spec.mounts.filter((it) => !(isAnonymous(it) && byTarget.has(it.target)));
  return [
    ...own.flatMap(mount),
    ...[...byTarget.values()].map(({ name, target }): EngineMount => ({
      Type: 'volume',
      Source: name,
      Target: target,
    })),
  ];
}
