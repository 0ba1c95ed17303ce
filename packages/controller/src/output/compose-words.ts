import type {
  ContainerSpec,
  Dependency,
  FileSpec,
  Link,
  MountSpec,
  Placement,
  PortSpec,
  ServiceContainer,
  ServiceSpec,
} from '@nap/shared';
import { SERVICE_ATTRIBUTES } from '../compose/attributes.js';
import type { Attribute } from '../compose/shape.js';
import { bracketed } from '../port-addresses.js';

/** A document whose fields are called as in a Compose file; for people to read and to compare. */
export type Words = Readonly<Record<string, unknown>>;

/** Keys that are a user's own and no words of nap: they stay as they are. */
const USERS_OWN: ReadonlySet<string> = new Set([
  ...['annotations', 'driverOptions', 'environment', 'labels', 'options', 'storageOptions'],
  ...['sysctls', 'ulimits'],
]);

/** Where several attributes feed one field. */
const PREFERRED: Readonly<Record<string, string>> = { deviceRequests: 'devices' };

/** Which attribute of a service ends in a field of its container. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map(
  Object.entries<Attribute>(SERVICE_ATTRIBUTES)
    .reverse()
    .flatMap(([name, { carries = [] }]) =>
      carries.map(({ to }): [string, string] => [to.replace(/^container\./, ''), name]),
    ),
);

const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `1m30s`, as Compose takes it. */
export function durationWords(ms: number): string {
  if (ms === 0) return '0s';
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const;
  let rest = ms;
  return units
    .map(([unit, size]) => {
      const count = unit === 'ms' ? rest : Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? '' : `${count}${unit}`;
    })
    .join('');
}

/** `512m`, exactly what it is: as Compose takes it. */
export function sizeWords(bytes: number): string {
  const units = [
    ['g', 1024 ** 3],
    ['m', 1024 ** 2],
    ['k', 1024],
  ] as const;
  const fitting = units.find(([, size]) => bytes >= size && bytes % size === 0);
  return fitting === undefined ? `${bytes}b` : `${bytes / fitting[1]}${fitting[0]}`;
}

/** A field without its unit, and its value as Compose writes it. */
function inUnits(key: string, value: unknown): readonly [key: string, value: unknown] {
  if (typeof value !== 'number') return [key, value];
  if (key.endsWith('Ms')) return [key.slice(0, -'Ms'.length), durationWords(value)];
  if (key.endsWith('Us')) return [key.slice(0, -'Us'.length), value];
  if (!key.endsWith('Bytes')) return [key, value];
  return [key.slice(0, -'Bytes'.length), value < 0 ? value : sizeWords(value)];
}

function nested(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nested);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const [name, shown] = inUnits(key, inner);
      return [snakeCase(name), USERS_OWN.has(key) ? shown : nested(shown)];
    }),
  );
}

function portWords({ target, published, hostIp, protocol }: PortSpec): string {
  const { from, to } = published ?? {};
  const host = from === undefined ? '' : from === to ? String(from) : `${from}-${to}`;
  const address = hostIp === undefined ? '' : `${bracketed(hostIp)}:`;
  const inside = `${target}${protocol === 'tcp' ? '' : `/${protocol}`}`;
  return address === '' && host === '' ? inside : `${address}${host}:${inside}`;
}

function mountWords(mount: MountSpec): Words {
  const { target: _target, ...rest } = mount;
  // The target is the key that it stands under.
  return nested(rest) as Words;
}

/** What a config or secret has that says nothing of it. */
const FILE_MODE = 0o444;

const fileWords = ({ digest, mode, uid, gid }: FileSpec): Words => ({
  content: digest,
  ...(mode === FILE_MODE ? {} : { mode: `0${mode.toString(8)}` }),
  ...(uid === 0 ? {} : { uid }),
  ...(gid === 0 ? {} : { gid }),
});

function filesOf(files: readonly FileSpec[], kind: FileSpec['kind']): Words {
  return Object.fromEntries(
    files.filter((file) => file.kind === kind).map((file) => [file.target, fileWords(file)]),
  );
}

const linkWords = ({ project, service, index, alias }: Link): string =>
  `${project}.${service}${index === undefined ? '' : `.${index}`}:${alias}`;

type AnySpec = ContainerSpec | ServiceContainer;

/** The field itself where no attribute of Compose ends in it. */
const attributeOf = (field: string): string =>
  PREFERRED[field] ?? ATTRIBUTES.get(field) ?? snakeCase(field);

/**
 * What a container is to be, in the words of the file. Lists of what has a name of its own are mappings. That it is
 * recreated on request is no field, but the reason of its change.
 */
export function specWords({ ports, mounts, files = [], forced: _, ...rest }: AnySpec): Words {
  const plain = Object.entries(rest).map(([field, value]: readonly [string, unknown]) => {
    const [, shown] = inUnits(field, value);
    return [attributeOf(field), USERS_OWN.has(field) ? shown : nested(shown)];
  });
  return {
    ...(Object.fromEntries(plain) as Words),
    ports: ports.map(portWords),
    volumes: Object.fromEntries(mounts.map((mount) => [mount.target, mountWords(mount)])),
    configs: filesOf(files, 'config'),
    secrets: filesOf(files, 'secret'),
  };
}

type DependencyWords = Dependency & { readonly instances?: number };

function dependencyWords(dependencies: readonly DependencyWords[]): Words {
  return Object.fromEntries(
    dependencies.map(({ service, condition, required, instances }) => {
      const word = condition === 'completed' ? 'completed_successfully' : condition;
      const count = instances === undefined ? '' : `, ${instances} of them`;
      return [service, `service_${word}${required ? '' : ', not required'}${count}`];
    }),
  );
}

/** What of a placement may change while its container stays. */
export function placementWords(placement: Placement): Words {
  const { dependencies, aliases, links, pull, reserves, stopAfterMs, wanted, mode } = placement;
  return {
    ...{ depends_on: dependencyWords(dependencies), aliases, links: links.map(linkWords) },
    ...{ pull_policy: nested(pull), reservations: nested(reserves), wanted, mode },
    ...(stopAfterMs === undefined ? {} : { stop_after: durationWords(stopAfterMs) }),
  };
}

/** What of a service is no container's: how many, where, and in what order. */
export function serviceWords(service: ServiceSpec): Words {
  const { replicas, mode, scheduling, externalLinks, dependencies, aliases, links } = service;
  return {
    ...{ replicas, mode, pull_policy: nested(service.pull), container_name: service.containerName },
    ...{ scheduling: nested(scheduling), depends_on: dependencyWords(dependencies), aliases },
    ...(service.stopped === undefined ? {} : { stopped: service.stopped.instances }),
    links: links.map(linkWords),
    external_links: externalLinks.map(({ container, alias }) => `${container}:${alias}`),
  };
}
