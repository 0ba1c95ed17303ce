import { naturalOrder } from './natural-order.js';

it.each([
  [
    ['web-10', 'web-9', 'web-1'],
    ['web-1', 'web-9', 'web-10'],
  ],
  [
    ['web2-1', 'web10-1', 'web-1'],
    ['web-1', 'web2-1', 'web10-1'],
  ],
  [
    ['b', 'a', 'ab', ''],
    ['', 'a', 'ab', 'b'],
  ],
  [
    ['7', 'web', '07', '12'],
    ['07', '7', '12', 'web'],
  ],
])('numbers in names count as numbers: %j', (names, ordered) => {
  expect([...names].sort(naturalOrder)).toEqual(ordered);
});
