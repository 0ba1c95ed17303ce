import { resolvePlain, textOfScalar } from './scalars.js';

describe('unquoted scalars, as Compose reads them', () => {
  test.each([
    ['010', 8],
    ['0440', 288],
    ['0o10', 8],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['-5', -5],
    ['+5', 5],
    ['0', 0],
    ['089', 89],
    ['1.10', 1.1],
    ['.5', 0.5],
    ['1.', 1],
    ['1e3', 1000],
    ['true', true],
    ['False', false],
    ['~', null],
    ['', null],
    ['NULL', null],
    ['yes', 'yes'],
    ['off', 'off'],
    ['22:22', '22:22'],
    ['12:30:45', '12:30:45'],
    ['2024-01-01', '2024-01-01'],
    ['1.2.3', '1.2.3'],
    ['0x', '0x'],
    ['-', '-'],
    ['tRUE', 'tRUE'],
    ['12345678901234567890', 12345678901234567890n],
  ])('%s', (text, value) => {
    expect(resolvePlain(text)).toBe(value);
  });

  test.each([
    [1, '1'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [1e-5, '1e-05'],
    [0, '0'],
    [12345678901234567890n, '12345678901234567890'],
    [true, 'true'],
    [null, ''],
    ['x', 'x'],
    [Infinity, '+Inf'],
  ])('%s is seen as "%s" by a container', (value, text) => {
    expect(textOfScalar(value)).toBe(text);
  });
});
