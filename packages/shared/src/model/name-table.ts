import { createHash } from 'node:crypto';
import type { NameRecord } from '../schema/documents.js';
import type { Link } from '../schema/project.js';
import { fnv1a } from './fnv1a.js';
import type { HostId, InstanceId, ProjectName } from './ids.js';

/** A record that has an address, so that it can stand in a hosts file. */
export type AddressedRecord = NameRecord & { readonly ip: string };

/** One name and the instances that answer to it, by service and index. */
export interface NameEntry {
  readonly name: string;
  readonly records: readonly AddressedRecord[];
}

/**
 * The name map of one project. A service name (and a network alias) lists the ready instances, or, while none is ready,
 * those that have started, as Compose's DNS would; `web-2` and the container name always list their one instance.
 */
export interface NameTable {
  readonly project: ProjectName;
  readonly records: readonly AddressedRecord[];
  readonly entries: readonly NameEntry[];
  /** Of the entries: those whose lines depend on who looks. */
  readonly shared: readonly NameEntry[];
  /** Of all others, what stands in every hosts file of the project alike. */
  readonly own: readonly HostsEntry[];
}

/** Lines of one container's hosts file that share their names: one line an address, in this order. */
export interface HostsEntry {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/** Whose hosts file it is. */
export interface NameConsumer {
  readonly instance: InstanceId;
  readonly project: ProjectName;
  readonly host: HostId;
  readonly links: readonly Link[];
}

const byInstance = (a: NameRecord, b: NameRecord): number =>
  a.service === b.service ? a.index - b.index : a.service < b.service ? -1 : 1;

const isAddressed = (record: NameRecord): record is AddressedRecord =>
  record.ip !== undefined && record.condition !== 'completed';

/** The instances among these that should get traffic. */
function serving(records: readonly AddressedRecord[]): readonly AddressedRecord[] {
  const ready = records.filter((record) => record.condition === 'ready');
  return ready.length > 0 ? ready : records;
}

/** The name of one among several, such as `web-2`. */
const replicaName = ({
  service,
  index,
}: {
  readonly service: string;
  readonly index: number;
}): string => `${service}-${index}`;

/** Names of exactly one instance. */
function ownNames(record: NameRecord): readonly string[] {
  return [...new Set([replicaName(record), record.containerName])];
}

const areOwn = (records: readonly NameRecord[], name: string): boolean =>
  records.every((record) => name === record.containerName || name === replicaName(record));

function groupBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
  }
  return groups;
}

/**
 * Where two kinds of name collide the more general one wins: a service called `web-2` is not shadowed by the second
 * instance of `web`.
 */
export function nameTable(project: ProjectName, all: Iterable<NameRecord>): NameTable {
  const records = [...all].filter(isAddressed).sort(byInstance);
  const entries = new Map<string, NameEntry>();
  const add = (groups: Map<string, AddressedRecord[]>, select = serving): void => {
    for (const [name, group] of groups) {
      if (!entries.has(name)) entries.set(name, { name, records: select(group) });
    }
  };
  add(groupBy(records, (record) => [record.service, ...record.aliases]));
  add(groupBy(records, ownNames), (group) => group);
  const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const alike = sorted.filter(({ name, records: of }) => of.length === 1 && areOwn(of, name));
  const set = new Set(alike);
  const shared = sorted.filter((entry) => !set.has(entry));
  return { project, records, entries: sorted, shared, own: linesOf(alike, (of) => of) };
}

/** The same digest means the same names with the same addresses; the order of lines does not count. */
export function tableDigest(table: NameTable): string {
  const hash = createHash('sha256');
  for (const entry of table.entries) {
    const addresses = entry.records.map((record) => record.ip).sort();
    hash.update(`${entry.name} ${addresses.join(' ')}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Clients take the first address of a name, so each consumer has its own stable order: instances on its own host first,
 * then by a hash of consumer and instance.
 */
function orderFor(
  consumer: NameConsumer,
  records: readonly AddressedRecord[],
): readonly AddressedRecord[] {
  if (records.length < 2) return records;
  const start = fnv1a(`${consumer.instance} `);
  return records
    .map((record) => ({
      record,
      isLocal: record.host === consumer.host ? 1 : 0,
      rank: fnv1a(record.instance, start),
    }))
    .sort((a, b) => b.isLocal - a.isLocal || a.rank - b.rank || byInstance(a.record, b.record))
    .map(({ record }) => record);
}

/** Aliases that only this consumer sees. Under v1 a link also gave `svc_1` and `project_svc_1`. */
function linkEntries(
  links: readonly Link[],
  tables: ReadonlyMap<ProjectName, NameTable>,
): NameEntry[] {
  const found = new Map<string, AddressedRecord[]>();
  const add = (name: string, records: readonly AddressedRecord[]): void => {
    found.set(name, [...new Set([...(found.get(name) ?? []), ...records])]);
  };
  for (const link of links) {
    const linked = (tables.get(link.project)?.records ?? []).filter(
      (record) =>
        record.service === link.service &&
        (link.index === undefined || record.index === link.index),
    );
    add(link.alias, serving(linked));
    if (link.v1Names !== true) continue;
    for (const record of linked) {
      add(`${record.service}_${record.index}`, [record]);
      add(`${link.project}_${record.service}_${record.index}`, [record]);
    }
  }
  return [...found].map(([name, records]) => ({ name, records }));
}

/**
 * What stands in one container's hosts file: the names of its project and its own link aliases, which win over project
 * names. Names with the same instances share their lines. Deterministic in its input.
 */
export function hostsEntries(
  consumer: NameConsumer,
  tables: ReadonlyMap<ProjectName, NameTable>,
): readonly HostsEntry[] {
  const table = tables.get(consumer.project);
  const order = (records: readonly AddressedRecord[]): readonly AddressedRecord[] =>
    orderFor(consumer, records);
  if (consumer.links.length === 0) {
    return table === undefined ? [] : [...linesOf(table.shared, order), ...table.own];
  }
  const byName = new Map<string, NameEntry>();
  for (const entry of table?.entries ?? []) byName.set(entry.name, entry);
  for (const entry of linkEntries(consumer.links, tables)) byName.set(entry.name, entry);
  return linesOf(byName.values(), order);
}

function linesOf(
  entries: Iterable<NameEntry>,
  order: (records: readonly AddressedRecord[]) => readonly AddressedRecord[],
): readonly HostsEntry[] {
  const lines = new Map<string, { names: string[]; addresses: readonly string[] }>();
  for (const { name, records } of entries) {
    if (records.length === 0) continue;
    const addresses = [...new Set(order(records).map((record) => record.ip))];
    // A name of many stays apart from the name of one, or scaling 1 → 2 would move names between lines.
    const key = `${areOwn(records, name) ? 'own' : 'shared'} ${addresses.join(' ')}`;
    const line = lines.get(key);
    if (line === undefined) lines.set(key, { names: [name], addresses });
    else line.names.push(name);
  }
  return [...lines.values()];
}
