import { appended } from '../merge.js';
import { itemsOf, type Node } from '../node.js';
import { listOf, type Refusal, type Shape } from '../shape.js';
import { checkedText } from './scalars.js';

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

const source: Shape = checkedText('service[:ro|rw]', (written) =>
  isContainer(written) || parseVolumesFrom(written) !== undefined
    ? undefined
    : [`"${written}" is not a source of volumes`, 'write SERVICE, SERVICE:ro or SERVICE:rw'],
);

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
