import { coloursFor, hasColours } from './colour.js';

it('colours are for terminals, and not where NO_COLOR or the terminal refuses them', () => {
  expect(hasColours({ env: {}, isTty: true })).toBe(true);
  expect(hasColours({ env: {}, isTty: false })).toBe(false);
  expect(hasColours({ env: { NO_COLOR: '1' }, isTty: true })).toBe(false);
  expect(hasColours({ env: { NO_COLOR: '' }, isTty: true })).toBe(true);
  expect(hasColours({ env: { TERM: 'dumb' }, isTty: true })).toBe(false);
  expect(coloursFor(true).green('+')).toBe('\u001B[32m+\u001B[39m');
  expect(coloursFor(false).green('+')).toBe('+');
});
