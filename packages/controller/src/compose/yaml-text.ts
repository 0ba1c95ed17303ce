import { Document, isScalar, Scalar, visit } from 'yaml';
import { resolvePlain } from './scalars.js';

/**
 * YAML that Compose reads again as the same values, below these lines of comment, with a newline at its end. The library
 * leaves texts without quotes that are none to Compose, such as `+_0` and `1_000`: its numbers are others,
 * and what looks like a date is one to it. Of a text of nothing but blanks and newlines it makes a block, which loses
 * its blanks (YAML 1.2.2, 8.1.1.1: lines of blanks alone say no indentation).
 */
export function yamlText(value: unknown, comment: readonly string[] = []): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      const isDate = /^\d{4}-\d\d?-\d\d?/.test(node.value);
      const isBlank = node.value.trim() === '';
      if (isDate || isBlank || resolvePlain(node.value) !== node.value)
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  if (comment.length > 0) document.commentBefore = comment.map((line) => ` ${line}`).join('\n');
  return document.toString({ lineWidth: 0 });
}
