import { appendedUnique } from '../merge.js';
import { itemPath, mapNode, scalarNode, type Entry, type Node } from '../node.js';
import {
  listOf,
  mapOf,
  mustBe,
  readValue,
  record,
  row,
  type ReadContext,
  type Shape,
} from '../shape.js';
import { keyValues } from './key-values.js';
import { hostName, macAddress } from './names.js';
import { integer, text } from './scalars.js';
import { honoured, ignored, notYet, refused } from '../support.js';

const fixedAddress = refused(
  'nap gives out the addresses itself',
  'use the name of the service instead of a fixed address',
);
const unsupported = notYet('remove it from the network options');
const oneNetwork = ignored('a container of nap has one network');

const identity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');
const unique = appendedUnique(identity, '');

const attachment: Shape = record('network options', {
  aliases: {
    shape: listOf('list of names', hostName, unique),
    support: honoured,
  },
  ipv4_address: { shape: text, support: fixedAddress },
  ipv6_address: { shape: text, support: fixedAddress },
  link_local_ips: row(listOf('list of addresses', text, unique), fixedAddress),
  mac_address: row(macAddress, honoured),
  driver_opts: row(keyValues, unsupported),
  interface_name: { shape: text, support: unsupported },
  priority: {
    shape: integer,
    support: oneNetwork,
  },
  gw_priority: {
    shape: integer,
    support: oneNetwork,
  },
});

const long = mapOf('mapping of networks', { ...attachment, nullable: true });

function fromList(items: readonly Node[], list: Node, path: string, context: ReadContext): Node {
  const entries = new Map<string, Entry>();
  for (const [index, item] of items.entries()) {
    const name = readValue(text, item, itemPath(path, index), context);
    if (name.kind !== 'scalar' || item.mark === 'reset') continue;
    if (name.value === null) mustBe('the name of a network', item, itemPath(path, index), context);
    else {
      entries.set(String(name.value), {
        keyPlace: item.place,
        value: scalarNode(null, item.place),
      });
    }
  }
  return mapNode(entries, list.place);
}

/** The networks of a service. Canonical: a mapping from network to options or null. */
export const serviceNetworks: Shape = {
  ...long,
  kind: 'list or mapping of networks',
  read: (node, path, context) =>
    node.kind === 'list'
      ? fromList(node.items, node, path, context)
      : long.read(node, path, context),
};
