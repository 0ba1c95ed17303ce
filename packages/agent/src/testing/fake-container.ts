import { NapError } from '@nap/shared';
import type { CreateRequest } from '../docker/create-body.js';
import {
  LABEL,
  notInherited,
  readDrainMs,
  readLabels,
  readPreStop,
  type OwnLabels,
} from '../docker/labels.js';
import { readNetworkMode, readPartners } from '../docker/partner-ids.js';
import type {
  AttachedVolume,
  ObservedContainer,
  ObservedNetwork,
  RunState,
} from '../reconcile/observed.js';

export const DATA_ROOT = '/data';

/** A container of the fake engine. */
export interface Held {
  readonly id: string;
  name: string;
  readonly request: CreateRequest;
  readonly imageId: string;
  readonly createdAtMs: number;
  readonly volumes: readonly AttachedVolume[];
  run: RunState;
  ip: string | undefined;
}

export const isUp = (container: Held): boolean => container.run.state === 'running';
export const networkOf = ({ request }: Held): ObservedNetwork =>
  readNetworkMode(request.body.HostConfig.NetworkMode);
/** Who shares a network shares its hosts file. */
export const fileOwner = (container: Held): string => {
  const network = networkOf(container);
  return typeof network === 'string' ? container.id : network.container;
};
export const ownLabelsOf = ({ request: { body } }: Held): OwnLabels | undefined =>
  readLabels(notInherited(body.Labels, body.Image));
export const hostsPath = (id: string): string => `${DATA_ROOT}/containers/${id}/hosts`;
function bindSources({ Binds, Mounts }: CreateRequest['body']['HostConfig']): readonly string[] {
  const short = Binds.map((text) => text.split(':')[0] ?? '');
  return [...short, ...Mounts.flatMap(({ Type, Source }) => (Type === 'bind' ? [Source] : []))];
}

export function foreignBody(): CreateRequest['body'] {
  return {
    Image: 'foreign',
    Env: [],
    Labels: {},
    ExposedPorts: {},
    StopTimeout: 10,
    HostConfig: {
      Binds: [],
      Mounts: [],
      PortBindings: {},
      ExtraHosts: [],
      RestartPolicy: { Name: 'no' },
      NetworkMode: 'bridge',
    },
  };
}

interface Observation {
  readonly of: Pick<Held, 'name' | 'run' | 'ip'>;
  readonly observed: ObservedContainer | undefined;
}

const observations = new WeakMap<Held, Observation>();

/** The same object while nothing changes. */
export function observe(container: Held): ObservedContainer | undefined {
  const { name, run, ip } = container;
  const last = observations.get(container);
  if (last?.of.name === name && last.of.run === run && last.of.ip === ip) return last.observed;
  const observed = observeAnew(container);
  observations.set(container, { of: { name, run, ip }, observed });
  return observed;
}

function observeAnew(container: Held): ObservedContainer | undefined {
  const { body } = container.request;
  const labels = ownLabelsOf(container);
  if (labels === undefined) return undefined;
  const seeds = Number(body.Labels[LABEL.seeds] ?? 0);
  return {
    ...labels,
    id: container.id,
    name: container.name,
    image: body.Image,
    imageId: container.imageId,
    createdAtMs: container.createdAtMs,
    run: container.run,
    network: networkOf(container),
    ...(container.ip === undefined ? {} : { ip: container.ip }),
    hostsPath: container.run.state === 'created' ? '' : hostsPath(fileOwner(container)),
    volumes: container.volumes,
    binds: bindSources(body.HostConfig),
    seeds: seeds > 0 ? body.HostConfig.ExtraHosts.slice(-seeds) : [],
    stopGraceMs: body.StopTimeout * 1000,
    drainMs: readDrainMs(body.Labels[LABEL.drainMs]),
    preStop: readPreStop(body.Labels[LABEL.preStop]),
    partners: readPartners(body.Labels[LABEL.partners]),
  };
}

export function engineHostsText({ request, ip, id }: Held): string {
  const extra = request.body.HostConfig.ExtraHosts.map((line) => {
    const at = line.indexOf(':');
    return `${line.slice(at + 1)}\t${line.slice(0, at)}`;
  });
  const hostname = request.body.Hostname ?? id.slice(0, 12);
  return ['127.0.0.1\tlocalhost', ...extra, `${ip ?? ''}\t${hostname}`, ''].join('\n');
}

/** What it mounts; an anonymous volume gets a name that counts as one. */
export function volumesOf(id: string, { body }: CreateRequest): Held['volumes'] {
  return body.HostConfig.Mounts.filter(({ Type }) => Type === 'volume').map(
    ({ Source, Target }) => {
      const isAnonymous = Source === '' || /^[0-9a-f]{64}$/.test(Source);
      const name = Source === '' ? `${id.slice(0, 60)}${Target.length}`.padStart(64, 'e') : Source;
      return { name, target: Target, isAnonymous };
    },
  );
}

/** The one that is asked for, otherwise the lowest free one, at once: as the default bridge does. Throws DOCKER_REFUSED. */
export function addressFor({ request }: Held, all: Iterable<Held>, prefix: string): string {
  const fixed = request.body.NetworkingConfig?.EndpointsConfig;
  const wanted = Object.values(fixed ?? {})[0]?.IPAMConfig?.IPv4Address;
  const taken = new Set([...all].map(({ ip }) => ip));
  if (wanted !== undefined && taken.has(wanted)) {
    throw new NapError('DOCKER_REFUSED', 'Address already in use', {
      details: { isAddressRefused: true },
    });
  }
  if (wanted !== undefined) return wanted;
  let last = 2;
  while (taken.has(`${prefix}.${last}`)) last += 1;
  return `${prefix}.${last}`;
}
