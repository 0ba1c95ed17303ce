import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const same = (logging: object): readonly [object, object] => [{ logging }, { logging }];

describe('logging', () => {
  testForms([
    ['logging: {driver: none}', ...same({ driver: 'none' })],
    [
      'logging: {driver: syslog, options: {tag: a, max-file: 3}}',
      ...same({ driver: 'syslog', options: { tag: 'a', 'max-file': '3' } }),
    ],
    ['logging: {options: {max-size: 1m}}', ...same({ options: { 'max-size': '1m' } })],
    ['logging: {}', { logging: {} }, {}],
  ]);

  testRefusals([
    ['logging: syslog', 'must be a mapping'],
    ['logging: {drivr: x}', 'did you mean "driver"?'],
  ]);

  const base = 'logging: {driver: a, options: {x: 1, y: 1}}';
  test.each([
    ['driver: a, options: {y: 2}', { driver: 'a', options: { x: '1', y: '2' } }],
    ['options: {y: 2}', { driver: 'a', options: { x: '1', y: '2' } }],
    ['driver: b, options: {y: 2}', { driver: 'b', options: { y: '2' } }],
    ['driver: b', { driver: 'b' }],
  ])('options stay with their driver: %s', async (over, logging) => {
    expect(await mergedConfig(base, `logging: {${over}}`)).toHaveProperty('logging', logging);
  });
});
