import { coloursFor, isColoured } from './colours.js';

it('colours are for terminals, and not where NO_COLOR or the terminal refuses them', () => {
  const at = { ansi: undefined, env: {}, isTerminal: true };
  expect(isColoured(at)).toBe(true);
  expect(isColoured({ ...at, isTerminal: false })).toBe(false);
  expect(isColoured({ ...at, env: { NO_COLOR: '1' } })).toBe(false);
  expect(isColoured({ ...at, env: { NO_COLOR: '' } })).toBe(true);
  expect(isColoured({ ...at, env: { TERM: 'dumb' } })).toBe(false);
  expect(isColoured({ ansi: 'always', env: { NO_COLOR: '1' }, isTerminal: false })).toBe(true);
  expect(isColoured({ ...at, ansi: 'never' })).toBe(false);
  expect(coloursFor(true).green('+')).toBe('\u001B[32m+\u001B[39m');
  expect(coloursFor(false).green('+')).toBe('+');
});
