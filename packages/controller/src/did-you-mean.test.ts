import { didYouMean } from './did-you-mean.js';

const KNOWN = ['scale', 'image', 'ls', 'logs', 'service_healthy'];

it.each([
  ['scal', 'scale'],
  ['sacle', 'scale'],
  ['imgae', 'image'],
  ['sl', 'ls'],
  ['LOGS', 'logs'],
  ['healthy', 'service_healthy'],
])('%s may mean %s', (word, meant) => {
  expect(didYouMean(word, KNOWN)).toBe(`did you mean "${meant}"?`);
});

it.each(['', 'x', 'egami', 'xx', 'a'.repeat(65)])('%j means none of them', (word) => {
  expect(didYouMean(word, KNOWN)).toBeUndefined();
});
