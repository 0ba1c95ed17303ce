import { appendedUnique } from '../merge.js';
import { child, recordNode, scalarNode, textAt, withEntries, type Node } from '../node.js';
import { oneOrMore, record, rejected, type Shape } from '../shape.js';
import { filePath } from './paths.js';
import { bool, choice } from './scalars.js';
import { honoured } from '../support.js';

const identity = (node: Node): string =>
  node.kind === 'scalar' ? String(node.value) : (textAt(node, 'path') ?? '');

const file: Shape = record(
  'path, or path, required and format',
  {
    path: { shape: filePath, support: honoured },
    required: { shape: bool, support: honoured },
    format: { shape: choice(['raw']), support: honoured },
  },
  (node, path, context) => {
    const read = filePath.read(node, path, context);
    return read.kind === 'broken' ? read : recordNode({ path: read }, node.place);
  },
);

const complete: Shape = {
  ...file,
  read: (node, path, context) => {
    const read = file.read(node, path, context);
    if (read.kind !== 'map') return read;
    if (!read.entries.has('path')) return rejected(node, path, context, 'an env file has no path');
    return withEntries(read, {
      required: child(read, 'required') ?? scalarNode(true, node.place),
    });
  },
};

const merge = appendedUnique(identity, 'path');

/** Canonical: a list of {path, required, format}. */
export const envFile: Shape = oneOrMore('path or list of paths', complete, merge);

/** Canonical: a list of paths. */
export const labelFile: Shape = oneOrMore('path or list of paths', filePath, merge);
