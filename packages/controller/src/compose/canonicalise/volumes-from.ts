import { appended } from '../merge.js';
import { itemsOf, type Node } from '../node.js';
import { listOf, rejected, type Refusal, type Shape } from '../shape.js';
import { text } from './scalars.js';

export interface VolumesOf {
  readonly name: string;
  /** Absent: as the other service has them. */
  readonly access?: 'ro' | 'rw';
}

/** The parts of `service[:ro|rw]`; undefined when it is something else. */
export function parseVolumesFrom(written: string): VolumesOf | undefined {
  const [name = '', access, ...rest] = written.split(':');
  if (name === '' || rest.length > 0) return undefined;
  if (access === undefined) return { name };
  return access === 'ro' || access === 'rw' ? { name, access } : undefined;
}

const isContainer = (written: string): boolean => written.startsWith('container:');

const source: Shape = {
  ...text,
  kind: 'service[:ro|rw]',
  read: (node, path, context) => {
    const read = text.read(node, path, context);
    const written = read.kind === 'scalar' ? String(read.value) : undefined;
    if (written === undefined || isContainer(written)) return read;
    if (parseVolumesFrom(written) !== undefined) return read;
    const hint = 'write SERVICE, SERVICE:ro or SERVICE:rw';
    return rejected(node, path, context, `"${written}" is not a source of volumes`, hint);
  },
};

export const volumesFrom: Shape = listOf('list of service[:ro|rw]', source, appended);

export function volumesFromContainer(node: Node): Refusal | undefined {
  const at = itemsOf(node).find(
    (item) => item.kind === 'scalar' && isContainer(String(item.value)),
  );
  if (at === undefined) return undefined;
  return {
    at,
    why: 'volumes_from names a container of one host, and nap chooses the host',
    wayOut: 'name a service of this project',
  };
}
