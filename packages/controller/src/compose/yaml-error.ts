import { isScalar, visit, type Document, type ParsedNode } from 'yaml';

type LibraryError = Document['errors'][number];

export interface YamlError {
  /** Where in the text. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** By the codes of the library. */
const HINTS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'line it up with the other keys or items that it belongs to',
  BAD_SCALAR_START: 'a text that starts with it goes in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it goes in quotes',
  BLOCK_IN_FLOW: 'a comma may be missing before it, or a bracket further up is not closed',
  MISSING_CHAR: 'a comma may be missing, or a quote or bracket further up is not closed',
  MULTILINE_IMPLICIT_KEY: 'a key ends with a colon and a space: "image: …"',
  TAB_AS_INDENT: 'indent with spaces',
};

/**
 * What is wrong with a document that is no YAML: the first that there is. One bracket too many makes all that comes after it
 * an error, and nobody can tell what of that would be one without it.
 */
export function firstError({ errors, contents }: Document<ParsedNode>): YamlError | undefined {
  // Of several at one place the library comes last to what has them all in it, and that is nearest to the cause.
  const first = errors.reduce<LibraryError | undefined>(
    (found, error) => (found === undefined || error.pos[0] <= found.pos[0] ? error : found),
    undefined,
  );
  if (first === undefined) return undefined;
  const [offset] = first.pos;
  const opened = /closing ['"]quote$/.test(first.message) ? quoteUpTo(offset, contents) : undefined;
  if (opened !== undefined) return { offset: opened, ...UNCLOSED_QUOTE };
  return { offset, message: messageOf(first), hint: hintOf(first) };
}

const UNCLOSED_QUOTE = {
  message: 'the quote that is opened here is not closed',
  hint: 'close it, or put what has a quote in it into quotes of the other kind',
};

/** Where the quoted text begins that ends there: its end, where the library sees it missing, may be that of the file. */
function quoteUpTo(end: number, contents: ParsedNode | null): number | undefined {
  let start: number | undefined;
  visit(contents, (_key, node) => {
    if (!isScalar(node) || node.range?.[1] !== end) return undefined;
    [start] = node.range;
    return visit.BREAK;
  });
  return start;
}

function messageOf({ message }: LibraryError): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1).replace(/\.?\s*$/, '');
}

function hintOf({ code, message }: LibraryError): string | undefined {
  if (message.startsWith('Flow '))
    return 'a bracket that is opened further up is not closed, or by another';
  if (/^Unexpected flow-(map|seq)-end/.test(message)) return 'nothing is open that it closes';
  if (message.startsWith('A block sequence')) return HINTS['BAD_INDENT'];
  return HINTS[code];
}
