import { appended } from '../merge.js';
import { listNode, recordNode } from '../node.js';
import { listOf, oneOrMore, record, rejected, type Shape } from '../shape.js';
import { filePath } from './paths.js';
import { honoured } from '../support.js';

const paths = oneOrMore('path or list of paths', filePath, appended);

const entry: Shape = record(
  'path, or path, env_file and project_directory',
  {
    path: { shape: paths, support: honoured },
    env_file: { shape: paths, support: honoured },
    project_directory: { shape: filePath, support: honoured },
  },
  (node, path, context) => {
    const read = filePath.read(node, path, context);
    if (read.kind === 'broken') return read;
    return recordNode({ path: listNode([read], node.place) }, node.place);
  },
);

const complete: Shape = {
  ...entry,
  read: (node, path, context) => {
    const read = entry.read(node, path, context);
    if (read.kind !== 'map' || read.entries.has('path')) return read;
    return rejected(node, path, context, 'an include has no path');
  },
};

/** Canonical: a list of {path: list, env_file: list, project_directory}, all paths absolute. */
export const includeList: Shape = listOf('list of paths', complete, appended);
