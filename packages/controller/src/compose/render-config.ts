import {
  child,
  entriesOf,
  isNull,
  textAt,
  textsOf,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';
import { isOneOf } from './support.js';
import { yamlText } from './yaml-text.js';

export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** The canonical model as plain data, in the shape that `docker compose config` prints. */
export type ComposeModel = Readonly<Record<string, ConfigValue>>;

export interface ModelStyle {
  /** Without variables, a dollar is doubled so that the output is a valid input again, and it shows what services use. */
  readonly isInterpolated: boolean;
  readonly writesPaths: 'absolute' | 'as written';
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

const ALWAYS = ['command', 'entrypoint'] as const;
/** Of a service: blank, and yet not nothing. */
const KEPT_BLANK: ReadonlySet<string> = new Set([
  ...['attach', 'blkio_config', 'healthcheck', 'init', 'logging', 'scale'],
]);
/** Of a service: no bytes are no limit. */
const SIZES: ReadonlySet<string> = new Set([
  ...['mem_limit', 'mem_reservation', 'memswap_limit', 'shm_size'],
]);
const RESOURCES = ['networks', 'volumes', 'configs', 'secrets', 'models'] as const;
type ResourceKind = (typeof RESOURCES)[number];

const BLANK: ReadonlySet<unknown> = new Set([false, '', 0]);

function isBlank(node: Node): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return isNull(node) || (node.kind === 'scalar' && BLANK.has(node.value));
}

const isZero = isOneOf(0);
const isNoSize = isOneOf('0');

function isLeftOut(key: string, value: Node): boolean {
  if (key.startsWith('x-') && key !== 'x-nap') return true;
  if (isBlank(value)) return !KEPT_BLANK.has(key);
  return SIZES.has(key) && isNoSize(value);
}

/** Writes trees as plain data with sorted keys. */
class ModelWriter {
  readonly #style: ModelStyle;

  constructor(style: ModelStyle) {
    this.#style = style;
  }

  plain(node: Node): ConfigValue {
    if (node.kind === 'broken') return null;
    if (node.kind === 'list') return node.items.map((item) => this.plain(item));
    if (node.kind === 'map') return this.map([...node.entries]);
    const isPath = node.written !== undefined && this.#style.writesPaths === 'as written';
    const value = isPath ? node.written : node.value;
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string' ? this.#text(value) : (value ?? null);
  }

  map(entries: readonly (readonly [string, Entry])[]): ComposeModel {
    // Not of keys: nobody replaces variables there, so a doubled dollar would stay.
    const plain = entries.map(([key, { value }]) => [key, this.plain(value)] as const);
    return Object.fromEntries(plain.sort(byName));
  }

  /** What Compose prints although nobody wrote it, and what it leaves out although somebody did. */
  service(service: Node): ConfigValue {
    const written = entriesOf(service).filter(([key, { value }]) => !isLeftOut(key, value));
    const blankless = (key: 'build' | 'healthcheck' | 'logging'): ComposeModel => {
      const given = child(service, key);
      if (given?.kind !== 'map') return {};
      const kept = entriesOf(given).filter(([, { value }]) => !isBlank(value) || isZero(value));
      return { [key]: this.map(kept) };
    };
    const always = (this.#style.isInterpolated ? ALWAYS : []).map((key) => {
      const value = child(service, key);
      return [key, value === undefined ? null : this.plain(value)] as const;
    });
    const deploy = child(service, 'deploy');
    const hosts = child(service, 'extra_hosts');
    const empty = { resources: {}, placement: {} };
    return Object.fromEntries(
      Object.entries({
        ...this.map(written),
        ...Object.fromEntries(always),
        ...(hosts === undefined || isBlank(hosts)
          ? {}
          : { extra_hosts: [...textsOf(hosts)].sort() }),
        ...blankless('build'),
        ...blankless('healthcheck'),
        ...blankless('logging'),
        ...(deploy?.kind === 'map'
          ? { deploy: { ...empty, ...this.map([...deploy.entries]) } }
          : {}),
      }).sort(byName),
    );
  }

  /** The resources that an enabled service uses. */
  resources(kind: ResourceKind, root: MapNode): ComposeModel {
    const used = usedBy(root, kind);
    const kept = entriesOf(child(root, kind)).filter(
      ([name]) => !this.#style.isInterpolated || used.has(name),
    );
    return Object.fromEntries(
      kept
        .map(([name, { value }]) => {
          const settings = entriesOf(value).filter(([key, entry]) =>
            key === 'external' ? !isBlank(entry.value) : true,
          );
          const ipam = kind === 'networks' ? { ipam: {} } : {};
          return [name, { ...ipam, ...this.map(settings) }] as const;
        })
        .sort(byName),
    );
  }

  #text(text: string): string {
    return this.#style.isInterpolated ? text.replaceAll('$', '$$$$') : text;
  }
}

function sourcesIn(list: Node | undefined): readonly string[] {
  if (list?.kind !== 'list') return [];
  return list.items.flatMap((item) => {
    const type = textAt(item, 'type');
    if (type !== undefined && type !== 'volume') return [];
    // A config or secret may stand there by its name alone.
    const source = child(item, 'source') ?? item;
    return source.kind === 'scalar' && typeof source.value === 'string' ? [source.value] : [];
  });
}

function usedBy(root: MapNode, kind: ResourceKind): ReadonlySet<string> {
  const services = entriesOf(child(root, 'services')).map(([, { value }]) => child(value, kind));
  return new Set(
    services.flatMap((used) => (used?.kind === 'map' ? [...used.entries.keys()] : sourcesIn(used))),
  );
}

/** The model of a normalised tree. */
export function toModel(root: MapNode, style: ModelStyle): ComposeModel {
  const writer = new ModelWriter(style);
  const services = entriesOf(child(root, 'services')).map(
    ([name, { value }]) => [name, writer.service(value)] as const,
  );
  const only = (isWanted: (key: string) => boolean): ComposeModel =>
    writer.map(entriesOf(root).filter(([key]) => isWanted(key)));
  const model: ComposeModel = {
    ...only((key) => key === 'name'),
    services: Object.fromEntries([...services].sort(byName)),
    ...Object.fromEntries(RESOURCES.map((kind) => [kind, writer.resources(kind, root)])),
    ...only((key) => key.startsWith('x-')),
  };
  const isKept = ([key, value]: readonly [string, ConfigValue]): boolean =>
    key === 'services' ||
    key.startsWith('x-') ||
    value === null ||
    typeof value !== 'object' ||
    Object.keys(value).length > 0;
  return Object.fromEntries(Object.entries(model).filter(isKept));
}

/** Text of the `config` command, with a newline at its end. */
export function renderConfig(model: ComposeModel, format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(model, undefined, 2)}\n`;
  return yamlText(model);
}
