import { parseBytes } from './bytes.js';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['1024', 1024],
    ['1b', 1],
    ['64k', 65_536],
    ['64kb', 65_536],
    ['64KiB', 65_536],
    ['64m', 67_108_864],
    ['1.5g', 1_610_612_736],
    ['.5g', 536_870_912],
    ['2 GB', 2_147_483_648],
    ['1t', 1_099_511_627_776],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', '-1', '64Mi', '1x', '1  m', 'm', '-2', '1e3', '1.m', '9999999p'])(
    '"%s" is none',
    (text) => {
      expect(parseBytes(text)).toBeUndefined();
    },
  );
});
