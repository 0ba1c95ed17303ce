import { problemsOf, serviceOf } from '../testing/load-texts.js';
import { splitWords } from './words.js';

describe('command words', () => {
  test.each([
    ['a b  c', ['a', 'b', 'c']],
    [`a "b c" 'd e'`, ['a', 'b c', 'd e']],
    [`a'b'"c"d`, ['abcd']],
    ['a\\ b', ['a b']],
    [`"a \\"b\\" \\\\ \\x"`, ['a "b" \\ \\x']],
    [`'a\\b'`, ['a\\b']],
    [`"" ''`, ['', '']],
    ['  a\tb\n', ['a', 'b']],
    ['', []],
    ['a && b', ['a', '&&', 'b']],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each([`a 'b`, `a "b`, 'a\\'])('%s is not closed', (text) => {
    expect(splitWords(text)).toBeUndefined();
  });

  test('an empty list clears what the image has, null leaves it', async () => {
    expect((await serviceOf('command: []')).container.command).toEqual([]);
    expect((await serviceOf('command: ""')).container.command).toEqual([]);
    expect((await serviceOf('command:')).container).not.toHaveProperty('command');
    expect((await serviceOf('entrypoint: [a, "b c"]')).container.entrypoint).toEqual(['a', 'b c']);
  });

  test('shell operators are words, which is said', async () => {
    expect((await serviceOf('command: a && b > c')).container.command).toEqual([
      'a',
      '&&',
      'b',
      '>',
      'c',
    ]);
    expect(await problemsOf('command: a && b')).toBe(
      'compose.yml:4:14  warning  services.web.command: "&&" is passed as an argument: no shell runs this command\n' +
        '    for a shell, write ["sh", "-c", "…"]\n',
    );
  });

  test('a word is a string', async () => {
    expect(await problemsOf('command: [a, 1]')).toBe(
      'compose.yml:4:18  error  services.web.command[1]: must be a string, and is a number\n' +
        '    write it in quotes: "1"\n',
    );
  });
});
