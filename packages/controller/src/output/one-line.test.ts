import { inOneLine } from './one-line.js';

it.each([
  ['', ''],
  ['no image busybox', 'no image busybox'],
  [
    'it ended with 3; its last lines:\nreading\nno config',
    'it ended with 3; its last line: no config',
  ],
])('%j is %j', (message, line) => {
  expect(inOneLine(message)).toBe(line);
});
