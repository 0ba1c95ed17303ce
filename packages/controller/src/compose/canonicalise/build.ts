import {
  child,
  entriesOf,
  isNull,
  mapNode,
  recordNode,
  scalarNode,
  withEntries,
  type MapNode,
} from '../node.js';
import { anything, record, type Shape } from '../shape.js';
import { environment, keyValues } from './key-values.js';
import { bytes } from './bytes.js';
import { filePath } from './paths.js';
import { text } from './scalars.js';
import { honoured } from '../support.js';

const KEYS = [
  'additional_contexts',
  'cache_from',
  'cache_to',
  'dockerfile_inline',
  'entitlements',
  'extra_hosts',
  'isolation',
  'network',
  'no_cache',
  'no_cache_filter',
  'platforms',
  'privileged',
  'provenance',
  'pull',
  'sbom',
  'secrets',
  'ssh',
  'tags',
  'target',
  'ulimits',
] as const;

/** A build context: a directory, or the address of a repository. */
const contextPath: Shape = {
  ...filePath,
  read: (node, path, context) => {
    const isAddress =
      node.kind === 'scalar' && /^([a-z+-]+:\/\/|git@|github\.com\/)/.test(String(node.value));
    return isAddress ? node : filePath.read(node, path, context);
  },
};

/** nap builds nothing: the mapping is checked for unknown keys and passed on to `config`. */
export const build: Shape = record(
  'path or mapping',
  {
    context: { shape: contextPath, support: honoured },
    dockerfile: { shape: text, support: honoured },
    args: { shape: environment, support: honoured },
    labels: { shape: keyValues, support: honoured },
    shm_size: { shape: bytes, support: honoured },
    ...Object.fromEntries(KEYS.map((key) => [key, { shape: anything, support: honoured }])),
  },
  (node, path, context) => {
    const read = contextPath.read(node, path, context);
    if (read.kind === 'broken') return read;
    return recordNode({ context: read }, node.place);
  },
);

/** An argument whose variable is not set is none. */
function withValues(build: MapNode): { readonly args?: MapNode } {
  const args = child(build, 'args');
  if (args?.kind !== 'map') return {};
  return {
    args: mapNode(
      entriesOf(args).filter(([, { value }]) => !isNull(value)),
      args.place,
    ),
  };
}

/** What goes without saying, at the end of merging: the context is the directory of the project, and has a Dockerfile. */
export function withBuildDefaults(service: MapNode, directory: string): MapNode {
  const given = child(service, 'build');
  if (given?.kind !== 'map') return service;
  const hasFile = child(given, 'dockerfile') ?? child(given, 'dockerfile_inline');
  const build = withEntries(given, {
    context: child(given, 'context') ?? { ...scalarNode(directory, given.place), written: '.' },
    ...(hasFile === undefined ? { dockerfile: scalarNode('Dockerfile', given.place) } : {}),
    ...withValues(given),
  });
  return withEntries(service, { build });
}
