import { renderTable } from './table.js';

const table = (...rows: readonly (readonly string[])[]): string =>
  renderTable({ columns: { A: ([a = '']) => a, B: ([, b = '']) => b } }, rows);

it('columns are as wide as their widest cell or title', () => {
  expect(table(['long', 'x'], ['s', 'y'])).toBe('A      B\nlong   x\ns      y');
});

it('nothing stands behind the last column', () => {
  expect(table(['a', 'wide'], ['a', ''])).toBe('A   B\na   wide\na');
});

it('an empty list has its titles', () => {
  expect(table()).toBe('A   B');
});

it('wide characters take two places, colours and accents none', () => {
  expect(table(['漢字', '1'], ['\u001B[31mred\u001B[39m', '2'], ['e\u0301', '3'])).toBe(
    ['A      B', '漢字   1', '\u001B[31mred\u001B[39m    2', 'e\u0301      3'].join('\n'),
  );
});

it('a row is as high as the highest of its cells', () => {
  expect(table(['one\ntwo', 'x'], ['s', 'y'])).toBe('A     B\none   x\ntwo\ns     y');
});
