import { isApiAtLeast, type ContainerSpec } from '@nap/shared';
import type { CreateBody, EngineEndpoint, NetworkFields, PortBinding } from './create-body.js';
import { given } from './given.js';
import { containerMode, type PartnerIds } from './partner-ids.js';

export interface NetworkContext {
  /** The engine's network for instances: `bridge` or `nap`. */
  readonly network: string;
  /** A fixed address, where the network takes one. */
  readonly address?: string;
  /** `name:address` lines that nap knows now: the program's first instruction finds them. */
  readonly seeds: readonly string[];
  readonly partners: PartnerIds;
  readonly apiVersion: string;
}

/** Whose network a container is on. Only on nap's own it has an address, seeds and ports of its own. */
export type NetworkOwner = 'nap' | 'host' | 'nobody' | 'partner';

export function networkOwner({ network }: Pick<ContainerSpec, 'network'>): NetworkOwner {
  if (network === undefined) return 'nap';
  if (typeof network === 'object') return 'partner';
  return network === 'host' ? 'host' : 'nobody';
}

/** Since then it belongs to an endpoint; the older field is deprecated. */
const MAC_IN_ENDPOINT = '1.44';

/**
 * The part of HostConfig about the network. The engine refuses ports, extra hosts, name servers and names for a container
 * that joins a partner's network: those are the partner's, and whatever else the spec says about them is left out.
 */
export function networkFields(spec: ContainerSpec, context: NetworkContext): NetworkFields {
  const owner = networkOwner(spec);
  const isJoined = owner === 'partner';
  // Extra hosts on the host's network keep the engine from copying the host's own file: only the user may want that.
  const seeds = owner === 'nap' ? context.seeds : [];
  return {
    PortBindings: owner === 'nap' ? portBindings(spec) : {},
    ExtraHosts: isJoined ? [] : [...spec.extraHosts, ...seeds],
    // Restarts are nap's: it knows dependencies, backoff and whether the instance still belongs here.
    RestartPolicy: { Name: 'no' },
    NetworkMode: containerMode(spec.network, context.partners) ?? context.network,
    ...(isJoined
      ? {}
      : given({ Dns: spec.dns, DnsOptions: spec.dnsOptions, DnsSearch: spec.dnsSearch })),
  };
}

type ConfigFields = Pick<
  CreateBody,
  'Hostname' | 'Domainname' | 'MacAddress' | 'ExposedPorts' | 'NetworkingConfig'
>;

/** The part of the container's own configuration about the network. */
export function networkConfig(spec: ContainerSpec, context: NetworkContext): ConfigFields {
  const owner = networkOwner(spec);
  const isJoined = owner === 'partner';
  const isEndpointMac = isApiAtLeast(context.apiVersion, MAC_IN_ENDPOINT);
  const mac = owner === 'nap' ? spec.macAddress : undefined;
  const endpoint: EngineEndpoint = given({
    IPAMConfig: context.address === undefined ? undefined : { IPv4Address: context.address },
    MacAddress: isEndpointMac ? mac : undefined,
  });
  const hasEndpoint = owner === 'nap' && Object.keys(endpoint).length > 0;
  return {
    // The host's name cannot be set from within one of its containers.
    ...(isJoined || spec.utsNamespace === 'host'
      ? {}
      : given({ Hostname: spec.hostname, Domainname: spec.domainname })),
    ...(isEndpointMac ? {} : given({ MacAddress: mac })),
    ExposedPorts: isJoined ? {} : exposedPorts(spec),
    ...(hasEndpoint
      ? { NetworkingConfig: { EndpointsConfig: { [context.network]: endpoint } } }
      : {}),
  };
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

function portBindings(spec: ContainerSpec): NetworkFields['PortBindings'] {
  const bindings: Record<string, readonly PortBinding[]> = {};
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
