import { isIP } from 'node:net';
import { appendedUnique } from '../merge.js';
import { itemPath, itemsOf, keyPath, scalarNode, type Node } from '../node.js';
import { isHostName } from './names.js';
import { mustBe, rejected, type ReadContext, type Shape } from '../shape.js';

const identity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');

function hostNode(
  host: string,
  address: string,
  at: Node,
  path: string,
  context: ReadContext,
): Node {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  if (!isHostName(host)) {
    return rejected(at, path, context, `"${host}" is not a host name`, 'write NAME=ADDRESS');
  }
  if (isIP(bare) === 0 && bare !== 'host-gateway') {
    const hint = 'an address is an IP address, or host-gateway';
    return rejected(at, path, context, `"${bare}" is not an address for ${host}`, hint);
  }
  return scalarNode(`${host}=${bare}`, at.place);
}

function fromText(node: Node, path: string, context: ReadContext): Node {
  if (node.kind === 'broken' || node.mark === 'reset') return node;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return mustBe('a string such as "name=10.0.0.1"', node, path, context);
  }
  const [, host = '', address = ''] = /^([^:=]*)[:=]([^]*)$/.exec(node.value) ?? [];
  return hostNode(host, address, node, path, context);
}

function addressesOf(node: Node): readonly Node[] {
  return node.kind === 'list' ? itemsOf(node) : [node];
}

/** Canonical: a list of `name=address`. A name with two addresses keeps both. */
export const extraHosts: Shape = {
  kind: 'list or mapping of names and addresses',
  merge: appendedUnique(identity, 'name and address'),
  read: (node, path, context): Node => {
    if (node.kind === 'list') {
      const items = node.items.map((item, at) => fromText(item, itemPath(path, at), context));
      return { ...node, items };
    }
    if (node.kind !== 'map') return mustBe('a list or a mapping', node, path, context);
    const items = [...node.entries].flatMap(([host, { value }]) =>
      addressesOf(value).map((address) =>
        address.kind === 'scalar' && typeof address.value === 'string'
          ? hostNode(host, address.value, address, keyPath(path, host), context)
          : mustBe('an address', address, keyPath(path, host), context),
      ),
    );
    return { kind: 'list', items, place: node.place };
  },
};
