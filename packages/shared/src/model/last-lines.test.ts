import { sentenceOf, withLastLines } from './last-lines.js';

it.each(['', 'no image busybox', 'it ended with 3'])('%j is its own sentence', (message) => {
  expect(sentenceOf(message)).toBe(message);
  expect(withLastLines(message, '')).toBe(message);
});

it('a sentence ends before what a program wrote, and before its announcement', () => {
  const whole = withLastLines('it ended with 3', 'reading\nno config');
  expect(whole).toBe('it ended with 3; its last lines:\nreading\nno config');
  expect(sentenceOf(whole)).toBe('it ended with 3');
  // As it was stored once: cut after the announcement.
  expect(sentenceOf('it ended with 3; its last lines:')).toBe('it ended with 3');
  expect(sentenceOf('as agreed\nby all')).toBe('as agreed');
});
