import { stringify } from 'yaml';
import {
  child,
  entriesOf,
  isNull,
  itemsOf,
  textAt,
  textsOf,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';

export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** The canonical model as plain data, in the shape that `docker compose config` prints. */
export type ComposeModel = Readonly<Record<string, ConfigValue>>;

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

/** Plain data with sorted keys. A dollar is doubled, so that the output is a valid input again. */
function toPlain(node: Node): ConfigValue {
  if (node.kind === 'broken') return null;
  if (node.kind === 'list') return node.items.map(toPlain);
  if (node.kind === 'map') return plainMap([...node.entries]);
  const { value } = node;
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? value.replaceAll('$', '$$$$') : value;
}

function plainMap(entries: readonly (readonly [string, Entry])[]): ComposeModel {
  const sorted = [...entries].sort(byName);
  return Object.fromEntries(sorted.map(([key, { value }]) => [key, toPlain(value)]));
}

const BLANK: ReadonlySet<unknown> = new Set([false, '', 0]);

function isBlank(node: Node): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return isNull(node) || (node.kind === 'scalar' && BLANK.has(node.value));
}

const KEPT_BLANK: ReadonlySet<string> = new Set(['init', 'healthcheck', 'scale']);

/** What Compose prints although nobody wrote it, and what it leaves out although somebody did. */
function plainService(service: Node): ConfigValue {
  const written = entriesOf(service).filter(
    ([key, { value }]) =>
      (!key.startsWith('x-') || key === 'x-nap') && (!isBlank(value) || KEPT_BLANK.has(key)),
  );
  const always = ['command', 'entrypoint'].map((key) => {
    const value = child(service, key);
    return [key, value === undefined ? null : toPlain(value)] as const;
  });
  const deploy = child(service, 'deploy');
  const hosts = child(service, 'extra_hosts');
  const empty = { resources: {}, placement: {} };
  return Object.fromEntries(
    Object.entries({
      ...plainMap(written),
      ...Object.fromEntries(always),
      ...(hosts === undefined ? {} : { extra_hosts: [...textsOf(hosts)].sort() }),
      ...(deploy?.kind === 'map' ? { deploy: { ...empty, ...plainMap([...deploy.entries]) } } : {}),
    }).sort(byName),
  );
}

/** The resources that an enabled service uses, as Compose prints them. */
function plainResources(
  kind: 'networks' | 'volumes' | 'configs' | 'secrets',
  root: MapNode,
  used: ReadonlySet<string>,
): ComposeModel {
  const kept = entriesOf(child(root, kind)).filter(([name]) => used.has(name));
  const plain = Object.entries(plainMap(kept));
  if (kind !== 'networks') return Object.fromEntries(plain);
  return Object.fromEntries(
    plain.map(([name, value]) => [name, Object.assign({ ipam: {} }, value)]),
  );
}

function usedBy(root: MapNode, names: (service: Node) => readonly string[]): ReadonlySet<string> {
  return new Set(entriesOf(child(root, 'services')).flatMap(([, { value }]) => names(value)));
}

/** Names in the sources of mounts, configs or secrets. */
const sources =
  (key: 'volumes' | 'configs' | 'secrets') =>
  (service: Node): readonly string[] =>
    itemsOf(child(service, key)).flatMap((item) => textAt(item, 'source') ?? []);

/** The model of a normalised tree. */
export function toModel(root: MapNode): ComposeModel {
  const services = entriesOf(child(root, 'services')).map(
    ([name, { value }]) => [name, plainService(value)] as const,
  );
  const networkNames = (service: Node): readonly string[] =>
    entriesOf(child(service, 'networks')).map(([name]) => name);
  const extensions = entriesOf(root).filter(([key]) => key.startsWith('x-'));
  const model: ComposeModel = {
    ...plainMap(extensions),
    ...plainMap(entriesOf(root).filter(([key]) => key === 'name')),
    services: Object.fromEntries([...services].sort(byName)),
    networks: plainResources('networks', root, usedBy(root, networkNames)),
    volumes: plainResources('volumes', root, usedBy(root, sources('volumes'))),
    configs: plainResources('configs', root, usedBy(root, sources('configs'))),
    secrets: plainResources('secrets', root, usedBy(root, sources('secrets'))),
  };
  const isKept = ([key, value]: readonly [string, ConfigValue]): boolean =>
    key === 'services' ||
    value === null ||
    typeof value !== 'object' ||
    Object.keys(value).length > 0;
  return Object.fromEntries(Object.entries(model).filter(isKept));
}

/** Text of the `config` command, with a newline at its end. */
export function renderConfig(model: ComposeModel, format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(model, undefined, 2)}\n`;
  return stringify(model, { lineWidth: 0, aliasDuplicateObjects: false });
}
