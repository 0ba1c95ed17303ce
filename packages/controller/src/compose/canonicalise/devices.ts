import { appended, appendedUnique } from '../merge.js';
import { child, recordNode, scalarNode, textAt, withEntries, type Node } from '../node.js';
import { listOf, record, rejected, row, type Read, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { matching, text } from './scalars.js';

/** A device by its name in the Container Device Interface, such as `vendor.com/class=name`. */
const CDI = /^[A-Za-z][\w.-]*\/[A-Za-z][\w.-]*=[A-Za-z0-9][\w.:-]*$/;

export function isCdiName(source: string): boolean {
  return CDI.test(source);
}

const FORMS =
  'write /dev/NAME, /dev/NAME:/dev/TARGET, /dev/NAME:/dev/TARGET:rwm or vendor.com/class=name';

const permissions: Shape = matching('set of permissions', /^[rwm]{1,3}$/, '"rwm"');

/** Source, target and permissions of a short form. */
const readShort: Read = (node, path, context) => {
  const read = text.read(node, path, context);
  if (read.kind !== 'scalar') return read;
  const written = String(read.value);
  const [source = '', target = source, mode, ...rest] = isCdiName(written)
    ? [written]
    : written.split(':');
  if (rest.length > 0 || (mode !== undefined && !/^[rwm]{1,3}$/.test(mode))) {
    return rejected(node, path, context, `"${written}" is not a device`, FORMS);
  }
  const make = (value: string): Node => scalarNode(value, node.place);
  return recordNode(
    {
      source: make(source),
      target: make(target),
      permissions: mode === undefined ? undefined : make(mode),
    },
    node.place,
  );
};

const mapping = record(
  'device',
  {
    source: row(text, honoured),
    target: row(text, honoured),
    permissions: row(permissions, honoured),
  },
  readShort,
);

const device: Shape = {
  ...mapping,
  read: (node, path, context) => {
    const read = mapping.read(node, path, context);
    if (read.kind !== 'map') return read;
    const source = textAt(read, 'source') ?? '';
    const target = textAt(read, 'target') ?? source;
    const isPath = source.startsWith('/') && target.startsWith('/');
    if (!isPath && !(isCdiName(source) && source === target)) {
      const message = `"${source === target ? source : `${source}:${target}`}" is not a device`;
      return rejected(node, path, context, message, FORMS);
    }
    return withEntries(read, {
      target: child(read, 'target') ?? scalarNode(target, node.place),
      permissions: child(read, 'permissions') ?? scalarNode('rwm', node.place),
    });
  },
};

const byTarget = appendedUnique((node) => textAt(node, 'target') ?? '', 'target');

/** Canonical: a list of {source, target, permissions}. */
export const devices: Shape = listOf('list of devices', device, byTarget);

const rule = matching('rule for devices', /^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/, '"c 1:3 mr"');

export const deviceRules: Shape = listOf('list of rules', rule, appended);
