import { appendedUnique } from '../merge.js';
import { child, recordNode, scalarNode, textAt, withEntries, type Node } from '../node.js';
import { listOf, record, rejected, row, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { octalFileMode } from './file-mode.js';
import { cleanTarget } from './paths.js';
import { matching, text } from './scalars.js';

export const FILE_KINDS = ['config', 'secret'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

const numericId: Shape = matching('numeric user or group id', /^\d{1,10}$/, '"1000"');

const mapping = record(
  'source, or source, target, uid, gid and mode',
  {
    source: row(text, honoured),
    target: row(text, honoured),
    uid: row(numericId, honoured),
    gid: row(numericId, honoured),
    mode: row(octalFileMode, honoured),
  },
  (node, path, context) => {
    const source = text.read(node, path, context);
    return source.kind === 'broken' ? source : recordNode({ source }, node.place);
  },
);

const DIRECTORIES = { config: '/', secret: '/run/secrets/' } as const;

/** Where the file is in the container: by default it is called as its source. */
export function grantTarget(kind: FileKind, grant: Node): string {
  const target = textAt(grant, 'target') ?? textAt(grant, 'source') ?? '';
  return cleanTarget(target.startsWith('/') ? target : `${DIRECTORIES[kind]}${target}`);
}

/** A service's configs or secrets. Canonical: a list of {source, target, uid, gid, mode}; only secrets get a target. */
function grants(kind: FileKind): Shape {
  const grant: Shape = {
    ...mapping,
    read: (node, path, context) => {
      const read = mapping.read(node, path, context);
      if (read.kind !== 'map') return read;
      if ((textAt(read, 'source') ?? '') === '') {
        if (child(read, 'source')?.kind === 'broken') return read;
        return rejected(
          node,
          path,
          context,
          `names no ${kind}`,
          `add source: the name of a ${kind}`,
        );
      }
      if (kind === 'config' || read.entries.has('target')) return read;
      return withEntries(read, { target: scalarNode(grantTarget(kind, read), node.place) });
    },
  };
  const identity = (node: Node): string => grantTarget(kind, node);
  return listOf(`list of ${kind}s`, grant, appendedUnique(identity, 'target'));
}

export const serviceConfigs: Shape = grants('config');
export const serviceSecrets: Shape = grants('secret');
