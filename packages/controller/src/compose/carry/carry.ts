import type { ProjectName, ServiceContainer, ServiceSpec } from '@nap/shared';
import type { Contents } from '../contents.js';
import { entriesOf, type MapNode, type Node } from '../node.js';
import type { Table } from '../shape.js';

/** What a value may need besides itself. All of it is canonical and without errors. */
export interface CarryContext {
  /** Some fields come of several attributes. */
  readonly service: MapNode;
  readonly root: MapNode;
  readonly project: ProjectName;
  /** Files of the v1 format: links of theirs give more names. */
  readonly v1Files: ReadonlySet<string>;
  readonly contents: Contents;
}

export type ServiceFields = Omit<ServiceSpec, 'name' | 'container'>;

/** A part of a service, to be put together with the others. */
export interface Part {
  readonly service?: Partial<ServiceFields>;
  readonly container?: Partial<ServiceContainer>;
}

/** Where a value goes: a field of the service or of its container. */
export interface Carry {
  /** For docs/compose-support.md: `container.capAdd`. */
  readonly to: string;
  readonly read: (value: Node, context: CarryContext) => Part;
}

type From<T> = (value: Node, context: CarryContext) => T | undefined;

/** Undefined leaves the field out: the spec hash counts the keys that are there. */
export function toContainer<K extends keyof ServiceContainer>(
  field: K,
  from: From<ServiceContainer[K]>,
): Carry {
  return {
    to: `container.${field}`,
    read: (value, context) => {
      const carried = from(value, context);
      return carried === undefined ? {} : { container: { [field]: carried } };
    },
  };
}

export function toService<K extends keyof ServiceFields>(
  field: K,
  from: From<ServiceFields[K]>,
): Carry {
  return {
    to: field,
    read: (value, context) => {
      const carried = from(value, context);
      return carried === undefined ? {} : { service: { [field]: carried } };
    },
  };
}

/**
 * The parts of all values in a mapping and the mappings inside. Where several attributes feed one field, each yields the same
 * value of it, made of the whole service: the order does not matter.
 */
export function partsOf(table: Table, node: Node, context: CarryContext): readonly Part[] {
  return entriesOf(node).flatMap(([key, { value }]): readonly Part[] => {
    const attribute = Object.hasOwn(table, key) ? table[key] : undefined;
    if (attribute === undefined) return [];
    const { carries = [], shape } = attribute;
    const own = carries.map(({ read }) => read(value, context));
    return shape.table === undefined ? own : [...own, ...partsOf(shape.table, value, context)];
  });
}
