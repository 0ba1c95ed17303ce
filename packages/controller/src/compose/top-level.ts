import { service } from './attributes.js';
import { keyValues } from './canonicalise/key-values.js';
import { resourceName, serviceName, volumeName } from './canonicalise/names.js';
import { bool, text, textOrNumber } from './canonicalise/scalars.js';
import {
  honoured,
  honouredAs,
  ignored,
  isEmpty,
  isFalse,
  isOneOf,
  notYet,
  refused,
} from './support.js';
import { byKey, generic, mergeValues, replaced, type Merge } from './merge.js';
import { itemsOf, scalarNode, textAt, withEntries, type Node } from './node.js';
import {
  anything,
  mapOf,
  mustBe,
  record,
  row,
  type Read,
  type Shape,
  type Support,
  type Table,
} from './shape.js';
import { filePath } from './canonicalise/paths.js';
import { includeList } from './canonicalise/include-list.js';
import { projectNap } from './canonicalise/x-nap.js';

const OVERLAY = 'nap has its own network between hosts';

/** `external: true`, or the old `external: {name: …}`, which gives the name of the resource as well. */
const external: Shape = {
  kind: 'boolean',
  merge: replaced,
  read: (node, path, context) => {
    const isOld = node.kind === 'map' && textAt(node, 'name') !== undefined;
    return isOld ? node : bool.read(node, path, context);
  },
};

const readOldExternal =
  (shape: Shape): Read =>
  (node, path, context) => {
    const read = shape.read(node, path, context);
    if (read.kind !== 'map') return read;
    const entry = read.entries.get('external');
    const name = textAt(entry?.value, 'name');
    if (entry === undefined || name === undefined) return read;
    const { place } = entry.value;
    return withEntries(read, { external: scalarNode(true, place), name: scalarNode(name, place) });
  };

function resource(kind: string, table: Table): Shape {
  const shape = record(kind, table);
  return { ...shape, read: readOldExternal(shape), nullable: true };
}

/** Of several files the last one says which subnets there are; it adds to what an earlier one says of the same subnet. */
const subnets: Merge = {
  says: 'replaced; the same subnet key by key',
  apply: (base, over) => {
    if (over.kind !== 'list') return over;
    const earlier = new Map(itemsOf(base).map((item) => [textAt(item, 'subnet'), item]));
    const joined = (item: Node): Node =>
      mergeValues(generic, earlier.get(textAt(item, 'subnet')), item);
    return { ...over, items: over.items.map(joined) };
  },
};

const ipam: Shape = {
  ...anything,
  merge: byKey((key) => (key === 'config' ? subnets : generic)),
};

const network: Shape = resource('network', {
  name: { shape: text, support: ignored(OVERLAY) },
  driver: {
    shape: text,
    support: notYet(
      'remove it: instances on different hosts must reach each other',
      isOneOf('bridge', 'overlay', 'default', ''),
    ),
  },
  driver_opts: {
    shape: keyValues,
    support: notYet('remove it, so that nothing looks encrypted or tuned that is not', isEmpty),
  },
  ipam: { shape: ipam, support: ignored('flannel gives out the subnets', isEmpty) },
  external: {
    shape: external,
    support: ignored(
      'containers that nap does not run are not reachable by name, and nap isolates no network',
      isFalse,
    ),
  },
  internal: {
    shape: bool,
    support: refused(
      'nap cannot keep a network away from the outside yet',
      'remove it, and do not rely on isolation',
      isFalse,
    ),
  },
  attachable: { shape: bool, support: honouredAs('without effect') },
  enable_ipv4: { shape: bool, support: notYet('remove it', isOneOf(true)) },
  enable_ipv6: { shape: bool, support: notYet('remove it', isFalse) },
  labels: { shape: keyValues, support: ignored(OVERLAY, isEmpty) },
});

const volume: Shape = resource('volume', {
  name: { shape: volumeName, support: honoured },
  driver: { shape: text, support: honoured },
  driver_opts: { shape: keyValues, support: honoured },
  external: { shape: external, support: honoured },
  labels: { shape: keyValues, support: honoured },
});

const TEMPLATE = refused('nap fills in no templates', 'write what the file must hold');

const notExternal: Support = refused(
  'nap has no store of configs and secrets besides its projects',
  'name a file or a variable: file: PATH or environment: NAME',
  isFalse,
);

const config: Shape = resource('config', {
  file: row(filePath, honouredAs('read where nap-controller runs')),
  content: row(text, honoured),
  environment: row(text, honouredAs('of nap-controller')),
  external: row(external, notExternal),
  name: row(text, honouredAs('without effect')),
  labels: row(keyValues, honouredAs('without effect')),
  template_driver: row(text, TEMPLATE),
});

const DRIVER = refused(
  'nap has no drivers of secrets',
  'name a file or a variable: file: PATH or environment: NAME',
);

const secret: Shape = resource('secret', {
  file: row(filePath, honouredAs('read where nap-controller runs')),
  // Of any form: what is wrong with it would be quoted.
  content: row(
    anything,
    refused(
      'what a secret holds does not belong into a Compose file',
      'name a file or a variable: file: PATH or environment: NAME',
    ),
  ),
  environment: row(text, honouredAs('of nap-controller')),
  external: row(external, notExternal),
  name: row(text, honouredAs('without effect')),
  labels: row(keyValues, honouredAs('without effect')),
  driver: row(text, DRIVER),
  driver_opts: row(keyValues, DRIVER),
  template_driver: row(text, TEMPLATE),
});

const services: Shape = mapOf('mapping of services', service, serviceName);

const versionShape: Shape = { ...textOrNumber, kind: 'string' };

/** The keys of a whole file. */
export const TOP_LEVEL = {
  version: {
    shape: versionShape,
    support: honouredAs('has no meaning any more: any text is fine'),
  },
  name: {
    shape: text,
    support: honouredAs('empty: the name of the directory'),
  },
  include: { shape: includeList, support: honoured },
  services: { shape: services, support: honoured },
  networks: {
    shape: mapOf('mapping of networks', network, resourceName),
    support: honouredAs(
      'every service of a project shares one network: other networks do not isolate',
    ),
  },
  volumes: { shape: mapOf('mapping of volumes', volume, resourceName), support: honoured },
  configs: row(mapOf('mapping of configs', config, resourceName), honoured),
  secrets: row(mapOf('mapping of secrets', secret, resourceName), honoured),
  models: row(
    mapOf('mapping of models', { ...anything, nullable: true }, resourceName),
    honouredAs('services that use one are refused'),
  ),
  'x-nap': row(projectNap, honoured),
} as const satisfies Table;

export const root: Shape = record(
  'Compose file',
  TOP_LEVEL,
  (node, path, context) => mustBe('a mapping', node, path, context),
  'a service goes under the key "services:"; what is yours alone is called "x-…"',
);
