import { appendedUnique, uniqueItems } from '../merge.js';
import {
  boolAt,
  child,
  itemPath,
  recordNode,
  scalarNode,
  textAt,
  withEntries,
  type MapNode,
  type Node,
  type ScalarNode,
} from '../node.js';
import {
  listOf,
  mustBe,
  readValue,
  record,
  rejected,
  row,
  type ReadContext,
  type Shape,
  type Table,
} from '../shape.js';
import { bytes } from './bytes.js';
import { keyValues } from './key-values.js';
import { absolutePath, cleanTarget } from './paths.js';
import { fileMode } from './file-mode.js';
import { bool, choice, matching, text } from './scalars.js';
import { honoured, honouredAs, honouredExcept, isOneOf } from '../support.js';

/** A directory inside the mount. */
const subpath: Shape = matching('path inside the mount', /^(?!\/)(?!(.*\/)?\.\.(\/|$)).+$/, 'a/b');

const bindTable: Table = {
  propagation: {
    shape: choice(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']),
    support: honoured,
  },
  create_host_path: { shape: bool, support: honoured },
  selinux: {
    shape: choice(['z', 'Z']),
    support: honouredAs(
      'volumes have z anyway: the engine labels them for all containers, so that Z of one is a warning',
    ),
  },
  recursive: {
    shape: choice(['enabled', 'disabled', 'writable', 'readonly']),
    support: honoured,
  },
};

const volumeTable: Table = {
  nocopy: { shape: bool, support: honoured },
  subpath: row(subpath, honoured),
  labels: { shape: keyValues, support: honoured },
};

const tmpfsTable: Table = {
  size: { shape: bytes, support: honoured },
  mode: { shape: fileMode, support: honoured },
};

const OF_ITS_TYPE = honouredAs('of a mount of this type');

const mountTable: Table = {
  type: {
    shape: choice(['bind', 'volume', 'tmpfs', 'image', 'cluster', 'npipe']),
    support: honouredExcept('all but npipe and cluster', (node) =>
      isOneOf('npipe', 'cluster')(node)
        ? { why: 'no host of nap has such mounts', wayOut: 'use bind, volume, tmpfs or image' }
        : undefined,
    ),
  },
  source: { shape: text, support: honoured },
  target: { shape: text, support: honoured },
  read_only: { shape: bool, support: honoured },
  consistency: {
    shape: text,
    support: honouredAs('without effect on Linux, as in Docker'),
  },
  bind: { shape: record('bind options', bindTable), support: OF_ITS_TYPE },
  volume: { shape: record('volume options', volumeTable), support: OF_ITS_TYPE },
  tmpfs: { shape: record('tmpfs options', tmpfsTable), support: OF_ITS_TYPE },
  image: row(record('image options', { subpath: row(subpath, honoured) }), OF_ITS_TYPE),
};

const mount = record('mount', mountTable);

/** True when the source of a short form is a path on the host and not the name of a volume. */
function isHostPath(source: string): boolean {
  return /^[/.~\\]/.test(source) || /^[A-Za-z]:[/\\]/.test(source);
}

interface ShortOptions {
  readOnly?: boolean;
  nocopy?: boolean;
  selinux?: string;
  propagation?: string;
}

function readOption(option: string, options: ShortOptions): boolean {
  if (option === 'ro') options.readOnly = true;
  else if (option === 'rw') options.readOnly = false;
  else if (option === 'nocopy') options.nocopy = true;
  else if (option === 'z' || option === 'Z') options.selinux = option;
  else if (/^r?(shared|slave|private)$/.test(option)) options.propagation = option;
  else return /^(cached|delegated|consistent)$/.test(option);
  return true;
}

function readOptions(text: string, node: Node, path: string, context: ReadContext): ShortOptions {
  const options: ShortOptions = {};
  for (const option of text.split(',')) {
    if (readOption(option, options)) continue;
    context.findings.warning(
      node.place,
      path,
      `"${option}" is not a mount option: ignored`,
      'options are ro, rw, z, Z, nocopy, and the propagation modes such as rshared',
    );
  }
  return options;
}

/** Source, target and options of a short form, or what is wrong with it. */
function splitShort(volume: string): readonly [string, string, string] | string {
  const parts = volume.split(':');
  if (parts.length > 3) return 'too many colons';
  if (parts.includes('')) return 'a part between the colons is empty';
  const [first = '', second, options = ''] = parts;
  if (second === undefined) return ['', first, ''];
  return [first, second, options];
}

/** Options of the other type are kept, as Docker Compose keeps them: what becomes of them is said once all files are merged. */
function optionNodes(isBind: boolean, options: ShortOptions, at: ScalarNode): Record<string, Node> {
  const make = (value: string | boolean | undefined): Node | undefined =>
    value === undefined ? undefined : scalarNode(value, at.place);
  const { propagation, selinux, nocopy } = options;
  const bind = recordNode(
    {
      create_host_path: make(isBind ? true : undefined),
      propagation: make(propagation),
      selinux: make(selinux),
    },
    at.place,
  );
  const volume = recordNode({ nocopy: make(nocopy) }, at.place);
  return {
    ...(bind.entries.size === 0 ? {} : { bind }),
    ...(isBind && nocopy === undefined ? {} : { volume }),
  };
}

function readShort(node: ScalarNode, path: string, context: ReadContext): Node {
  const written = String(node.value);
  const parts = splitShort(written);
  if (typeof parts === 'string') {
    const hint = 'write TARGET, SOURCE:TARGET or SOURCE:TARGET:OPTIONS';
    return rejected(node, path, context, `"${written}" is not a volume: ${parts}`, hint);
  }
  const [source, target, optionText] = parts;
  if (!target.startsWith('/')) return rejected(node, path, context, relativeTarget(target));
  const options = optionText === '' ? {} : readOptions(optionText, node, path, context);
  const isBind = isHostPath(source);
  const absolute = isBind ? absolutePath(source, context) : source;
  if (absolute === undefined) {
    return rejected(node, path, context, '"~" needs HOME in the environment');
  }
  const plain = scalarNode(absolute, node.place);
  const sourceNode = isBind ? { ...plain, written: source } : plain;
  return recordNode(
    {
      type: scalarNode(isBind ? 'bind' : 'volume', node.place),
      source: source === '' ? undefined : sourceNode,
      ...optionNodes(isBind, options, node),
      target: scalarNode(cleanTarget(target), node.place),
      read_only: options.readOnly === true ? scalarNode(true, node.place) : undefined,
    },
    node.place,
  );
}

function relativeTarget(target: string): string {
  return `the target "${target}" is not an absolute path in the container`;
}

/** What is missing in a long form, with the way out. */
function missingPart(node: MapNode): readonly [string, string] | undefined {
  const target = textAt(node, 'target');
  if (target === undefined) return ['a mount has no target', 'add target: /path'];
  if (!target.startsWith('/')) return [relativeTarget(target), 'start it with "/"'];
  const type = textAt(node, 'type');
  if (type === undefined) return ['a mount has no type', 'add type: bind, volume, tmpfs or image'];
  if ((textAt(node, 'source') ?? '') !== '') return undefined;
  if (type === 'image') return ['an image mount has no source', 'add source: IMAGE'];
  return type === 'bind'
    ? ['a bind mount has no source', 'add source: /path/on/the/host']
    : undefined;
}

/** A bind's source becomes absolute; a missing directory is created unless the file says otherwise. */
function canonicalBind(node: MapNode, path: string, context: ReadContext): Node {
  const source = child(node, 'source') ?? node;
  const written = textAt(node, 'source') ?? '';
  const absolute = absolutePath(written, context);
  if (absolute === undefined) {
    return rejected(source, path, context, '"~" needs HOME in the environment');
  }
  const bind = child(node, 'bind');
  const given = bind?.kind === 'map' ? bind : recordNode({}, node.place);
  const create = child(given, 'create_host_path') ?? scalarNode(true, node.place);
  return withEntries(node, {
    source: { ...scalarNode(absolute, source.place), written },
    bind: withEntries(given, { create_host_path: create }),
  });
}

function canonicalLong(node: MapNode, path: string, context: ReadContext): Node {
  const [missing, hint] = missingPart(node) ?? [];
  if (missing !== undefined) return rejected(node, path, context, missing, hint);
  const target = cleanTarget(textAt(node, 'target') ?? '');
  const cleaned = withEntries(node, {
    target: scalarNode(target, child(node, 'target')?.place ?? node.place),
    read_only: boolAt(node, 'read_only') === false ? undefined : child(node, 'read_only'),
  });
  return textAt(node, 'type') === 'bind' ? canonicalBind(cleaned, path, context) : cleaned;
}

function readMount(item: Node, path: string, context: ReadContext): Node {
  if (item.kind === 'broken' || item.mark === 'reset') return item;
  if (item.kind === 'scalar' && typeof item.value === 'string')
    return readShort(item, path, context);
  if (item.kind !== 'map') return mustBe('a volume', item, path, context);
  const read = readValue(mount, item, path, context);
  return read.kind === 'map' ? canonicalLong(read, path, context) : read;
}

function identity(node: Node): string {
  return textAt(node, 'target') ?? `${node.place.line}:${node.place.column}`;
}

/** Docker Compose takes the later of two mounts on one target, also within one file (EnforceUnicity of compose-go), and says nothing. */
function warnOfRivals(items: readonly Node[], path: string, { findings }: ReadContext): void {
  const earlier = new Map<string, Node>();
  for (const item of items) {
    if (item.kind !== 'map' || item.mark !== undefined) continue;
    const target = identity(item);
    const first = earlier.get(target);
    earlier.set(target, item);
    if (first === undefined) continue;
    const message = `two mounts on ${target}: this one counts, and not the one in line ${first.place.line}`;
    findings.warning(item.place, path, message, 'remove the other');
  }
}

/** Canonical: a list of long forms, paths absolute. */
export const volumes: Shape = {
  ...listOf('list of volumes', mount, appendedUnique(identity, 'target')),
  read: (node, path, context) => {
    if (node.kind !== 'list') return mustBe('a list', node, path, context);
    // The same line twice asks for nothing more.
    const seen = new Set<unknown>();
    const items = node.items.flatMap((item, index) => {
      const written = item.kind === 'scalar' ? item.value : item;
      if (seen.has(written)) return [];
      seen.add(written);
      return [readMount(item, itemPath(path, index), context)];
    });
    warnOfRivals(items, path, context);
    return uniqueItems({ ...node, items }, identity);
  },
};
