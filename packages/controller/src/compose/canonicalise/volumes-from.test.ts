import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const REST = '  db: {image: i}\n';
const needs = { depends_on: { db: { condition: 'service_started', required: true } } };

describe('volumes_from', () => {
  testForms(
    [
      [
        'volumes_from: [db]',
        { volumes_from: ['db'], ...needs },
        { volumesFrom: [{ service: 'db' }] },
      ],
      [
        'volumes_from: ["db:ro"]',
        { volumes_from: ['db:ro'], ...needs },
        { volumesFrom: [{ service: 'db', readOnly: true }] },
      ],
      [
        'volumes_from: ["db:rw"]',
        { volumes_from: ['db:rw'], ...needs },
        { volumesFrom: [{ service: 'db', readOnly: false }] },
      ],
      ['volumes_from: []', {}, {}],
    ],
    REST,
  );

  testRefusals(
    [
      ['volumes_from: ["db:x"]', '"db:x" is not a source of volumes'],
      ['volumes_from: [bd]', 'services.web.volumes_from.bd: there is no service "bd"'],
      ['volumes_from: [db, "container:x:ro"]', 'volumes_from names a container of one host'],
      ['volumes_from: [web]', 'in a circle: web → web'],
    ],
    REST,
  );

  test('a later file adds', async () => {
    const merged = await mergedConfig('volumes_from: [a]', 'volumes_from: [b]');
    expect(merged).toContain('there is no service "a"');
    expect(merged).toContain('there is no service "b"');
  });
});
