import { isEngineName, isImageReference } from './engine-names.js';

const HEX = 'a1'.repeat(32);

it.each([
  'busybox',
  'busybox:1.36',
  'library/busybox',
  'a/b/c/d',
  'a__b/c--d/e.f_g',
  'localhost/web',
  'localhost:5000/web:latest',
  'registry.example.com:443/team/web:V1.0_rc-1',
  'Registry.Example.com/team/web',
  '10.0.0.1:5000/web',
  '[fd00::1]:5000/web',
  `web@sha256:${HEX}`,
  `web:1@sha256:${HEX}`,
  `sha256:${HEX}`,
  HEX,
  `web:${'t'.repeat(128)}`,
])('%s is the name of an image', (text) => {
  expect(isImageReference(text)).toBe(true);
});

it.each([
  '',
  ' ',
  'BOX',
  'box:',
  'box@',
  'a//b',
  '/a',
  'a/',
  '../../info',
  '.',
  'http://x/y',
  'a b',
  'a?b',
  'a#b',
  'a%2f..',
  'a___b',
  '-a',
  'web@sha256:abc',
  `web:${'t'.repeat(129)}`,
  'a'.repeat(256),
  'web\n',
])('%j is none', (text) => {
  expect(isImageReference(text)).toBe(false);
});

it.each([
  ['data', true],
  ['shop_data.1-a', true],
  ['a', true],
  ['', false],
  ['_a', false],
  ['a//b', false],
  ['../x', false],
])('the engine takes %j for the name of a volume: %s', (text, isIt) => {
  expect(isEngineName(text)).toBe(isIt);
});
