import {
  usedFeatures,
  type Constraint,
  type EngineFeature,
  type PortSpec,
  type SchedulingPolicy,
  type ServiceContainer,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import { addressesClash } from '../port-addresses.js';
import { cpusetOf, type Cpuset } from './cpuset.js';
import { surelyStoppedAfterMs } from './host-loss.js';
import { nanoCpusOf, resourcesOf, type Resources } from './resources.js';
import { localVolumes } from './ties.js';
import { leastUnits } from './units.js';

/** What every instance of a service asks of its host, worked out once. */
export interface Needs {
  readonly service: ServiceName;
  readonly platform: string | undefined;
  readonly constraints: readonly Constraint[];
  /** What not every engine has. */
  readonly features: readonly EngineFeature[];
  readonly resources: Resources;
  /** The limit, in billionths; 0: none. The engine refuses a container whose limit is above the CPUs of its host. */
  readonly nanoCpusLimit: number;
  /** The engine refuses one with CPUs that its host does not have. */
  readonly cpuset: Cpuset | undefined;
  /** What a host must have at all, by kind, whoever uses it. */
  readonly leastUnits: Readonly<Record<string, number>>;
  readonly ports: readonly FixedPort[];
  readonly maxPerHost: number | undefined;
  readonly apartFrom: readonly ServiceName[];
  readonly onHostLoss: SchedulingPolicy['onHostLoss'];
  /**
   * Its agent stops it when it has not reached etcd for so long, in ms. Absent: it may run on a host that is cut off for as
   * long as that is, beside its replacement.
   */
  readonly stopAfterMs: number | undefined;
  /** A lost host must have been away for so long before it is replaced, in ms: then it is stopped for sure. */
  readonly replaceAfterMs: number;
  /** It shares no volume or namespace with anybody. */
  readonly isLoose: boolean;
}

/** A port of the host that an instance takes as a whole. */
export interface FixedPort {
  readonly port: number;
  readonly protocol: PortSpec['protocol'];
  /** Absent: every address of the host. */
  readonly hostIp: string | undefined;
}

/** A range is only taken as a whole where it leaves no choice; the engine picks a free port of a longer one. */
export function fixedPorts(ports: readonly PortSpec[]): readonly FixedPort[] {
  return ports.flatMap(({ published, protocol, hostIp }) =>
    published !== undefined && published.from === published.to
      ? [{ port: published.from, protocol, hostIp }]
      : [],
  );
}

/** Whether the two need the same port of one host. */
export function portsClash(a: FixedPort, b: FixedPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && addressesClash(a.hostIp, b.hostIp);
}

function isLoose({ mounts, network, ipc, pid, volumesFrom }: ServiceContainer): boolean {
  const isSharing = [network, ipc, pid, volumesFrom].some((it) => typeof it === 'object');
  return !isSharing && localVolumes({ mounts }).length === 0;
}

type Leaving = Pick<Needs, 'onHostLoss' | 'stopAfterMs' | 'replaceAfterMs'>;

function leaving(
  { scheduling, container }: ServiceSpec,
  policy: SchedulingPolicy | undefined,
): Leaving {
  const onPartition = scheduling?.onPartition ?? policy?.onPartition;
  const stopAfterMs = typeof onPartition === 'object' ? onPartition.stopAfterMs : undefined;
  return {
    onHostLoss: scheduling?.onHostLoss ?? policy?.onHostLoss,
    stopAfterMs,
    replaceAfterMs: stopAfterMs === undefined ? 0 : surelyStoppedAfterMs(stopAfterMs, container),
  };
}

/** By service; to be apart is mutual, whichever of the two says so. `policy` is for services that say nothing else. */
export function needsOf(
  services: readonly ServiceSpec[],
  policy?: SchedulingPolicy,
): ReadonlyMap<ServiceName, Needs> {
  const apart = new Map<ServiceName, Set<ServiceName>>(
    services.map(({ name }) => [name, new Set()]),
  );
  for (const { name, scheduling } of services) {
    for (const other of scheduling?.apartFrom ?? []) {
      apart.get(name)?.add(other);
      apart.get(other)?.add(name);
    }
  }
  return new Map(
    services.map((service) => {
      const { name, container, scheduling } = service;
      return [
        name,
        {
          service: name,
          platform: container.platform,
          constraints: scheduling?.constraints ?? [],
          features: usedFeatures(container),
          resources: resourcesOf(scheduling?.reserves),
          nanoCpusLimit: nanoCpusOf(container.cpus),
          cpuset: cpusetOf(container.cpuset),
          leastUnits: leastUnits(container, scheduling?.reserves?.resources),
          ports: fixedPorts(container.ports),
          maxPerHost: scheduling?.maxPerHost,
          apartFrom: [...(apart.get(name) ?? [])],
          isLoose: isLoose(container),
          ...leaving(service, policy),
        },
      ];
    }),
  );
}
