import fc from 'fast-check';
import {
  formatInstanceId,
  instanceId,
  isHostId,
  parseInstanceId,
  projectName,
  serviceName,
} from './ids.js';

describe('instance ids', () => {
  it('come back from their text, also with dots in the service name', () => {
    const project = fc.stringMatching(/^[a-z0-9][a-z0-9_-]*$/);
    const service = fc.stringMatching(/^[A-Za-z0-9._-]+$/);
    fc.assert(
      fc.property(project, service, fc.integer({ min: 1, max: 99_999 }), (p, s, index) => {
        const parts = { project: projectName(p), service: serviceName(s), index };
        expect(parseInstanceId(formatInstanceId(parts))).toEqual(parts);
      }),
    );
  });

  it.each([
    'shop',
    'shop.web',
    'shop.web.0',
    'shop.web.01',
    'Shop.web.1',
    'shop..1',
    'shop.web.1/x',
  ])('refuses %s', (text) => {
    expect(parseInstanceId(text)).toBeUndefined();
    expect(() => instanceId(text)).toThrow(RangeError);
  });
});

it.each([
  ['host-a', true],
  ['a.example.org', true],
  ['-a', false],
  ['a-', false],
  ['A', false],
  ['a/b', false],
  ['', false],
])('host id %j: %s', (text, isValid) => {
  expect(isHostId(text)).toBe(isValid);
});
