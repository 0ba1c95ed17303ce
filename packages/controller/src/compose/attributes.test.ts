import { serviceSpecSchema } from '@nap/shared';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import type { Attribute, Table } from './shape.js';

/** Keys that end with the loader: they are folded into others, or say which services there are. */
const OF_THE_LOADER = new Set(['build', 'env_file', 'extends', 'label_file', 'profiles']);

/** Fields of which no file says anything: an operator asks for them beside it. */
const ON_REQUEST = ['container.forced', 'refresh', 'stopped', 'restarts'];

function fieldsIn(attribute: Attribute): readonly string[] {
  const inner: Table = attribute.shape.table ?? {};
  return [
    ...(attribute.carries ?? []).map(({ to }) => to),
    ...Object.values(inner).flatMap(fieldsIn),
  ];
}

describe('the table of attributes', () => {
  test.each(Object.entries<Attribute>(SERVICE_ATTRIBUTES))(
    '%s ends in the project, where it is honoured',
    (key, attribute) => {
      const isCarried = fieldsIn(attribute).length > 0;
      const isHonoured = attribute.support.class === 'honoured';
      expect(isCarried).toBe(isHonoured && !OF_THE_LOADER.has(key));
    },
  );

  test('every field of a service has an attribute', () => {
    const { name: _name, container, ...service } = serviceSpecSchema.shape;
    const fields = [
      ...Object.keys(service),
      ...Object.keys(container.shape).map((field) => `container.${field}`),
    ];
    const carried = new Set(Object.values<Attribute>(SERVICE_ATTRIBUTES).flatMap(fieldsIn));
    expect([...carried, ...ON_REQUEST].sort()).toEqual(fields.sort());
  });
});
