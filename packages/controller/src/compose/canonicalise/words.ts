import { replacedByNull } from '../merge.js';
import { listNode, scalarNode, type Node } from '../node.js';
import { listOf, rejected, type Read, type Shape } from '../shape.js';
import { text } from './scalars.js';

/** Operators at which Compose's own splitter stops; nap keeps them as words and says so. */
const SHELL_OPERATOR = /^(&&|\|\|?|;|<|>|>>|&)$/;

/** A kernel takes 2 MB of arguments. */
const WORDS_MAX = 20_000;

const TOKEN = /\s+|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|[^\s'"\\]+/gy;

/** Words of a command as a shell would split it, without running one; undefined when a quote is not closed. */
export function splitWords(command: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const match of command.matchAll(TOKEN)) {
    const [token, single, double, escaped] = match;
    end = match.index + token.length;
    if (/^\s/.test(token) && single === undefined && double === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const part = single ?? double?.replace(/\\(["\\$`\n])/g, '$1') ?? escaped ?? token;
    word = (word ?? '') + part;
  }
  if (end !== command.length) return undefined;
  return word === undefined ? words : [...words, word];
}

const wordList = listOf('list of strings', text, replacedByNull);

const readCommand: Read = (node, path, context): Node => {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return wordList.read(node, path, context);
  }
  const words = splitWords(node.value);
  if (words === undefined) {
    return rejected(node, path, context, 'a quote is not closed', 'or write it as a list of words');
  }
  if (words.length > WORDS_MAX) {
    return rejected(node, path, context, `more than ${WORDS_MAX} words`);
  }
  const operator = words.find((word) => SHELL_OPERATOR.test(word));
  if (operator !== undefined) {
    context.findings.warning(
      node.place,
      path,
      `"${operator}" is passed as an argument: no shell runs this command`,
      'for a shell, write ["sh", "-c", "…"]',
    );
  }
  return listNode(
    words.map((word) => scalarNode(word, node.place)),
    node.place,
  );
};

/** command, entrypoint: words, or one string of them. `[]` clears the image's own, null goes back to it. */
export const command: Shape = {
  kind: 'string or list of strings',
  merge: replacedByNull,
  nullable: true,
  read: readCommand,
};
