const ANNOUNCED = '; its last lines:';

/** What a program wrote last belongs to the sentence about its end. */
export const withLastLines = (sentence: string, lines: string): string =>
  lines === '' ? sentence : `${sentence}${ANNOUNCED}\n${lines}`;

/** Where there is room for one line: without what the program wrote, and without a word of it. */
export function sentenceOf(message: string): string {
  const [first = ''] = message.split('\n');
  return first.endsWith(ANNOUNCED) ? first.slice(0, -ANNOUNCED.length) : first;
}
