import { recordNode } from '../node.js';
import { record, rejected, type Shape } from '../shape.js';
import { filePath } from './paths.js';
import { text } from './scalars.js';
import { honoured } from '../support.js';

const reference: Shape = record(
  'service, or service and file',
  {
    service: { shape: text, support: honoured },
    file: { shape: filePath, support: honoured },
  },
  (node, path, context) => {
    const service = text.read(node, path, context);
    return service.kind === 'broken' ? service : recordNode({ service }, node.place);
  },
);

/** Canonical: {service, file}, the file absolute. */
export const extendsReference: Shape = {
  ...reference,
  read: (node, path, context) => {
    const read = reference.read(node, path, context);
    if (read.kind !== 'map' || read.entries.has('service')) return read;
    return rejected(node, path, context, 'extends names no service', 'add service: NAME');
  },
};
