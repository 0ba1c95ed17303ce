import { Document, isScalar, Scalar, visit } from 'yaml';
import { resolvePlain } from './scalars.js';

/**
 * YAML that Compose reads again as the same values, below these lines of comment, with a newline at its end. The library
 * leaves texts without quotes that are none to Compose, such as `+_0` and `1_000`: its numbers are others,
 * and what looks like a date is one to it.
 */
export function yamlText(value: unknown, comment: readonly string[] = []): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      const isDate = /^\d{4}-\d\d?-\d\d?/.test(node.value);
      if (isDate || resolvePlain(node.value) !== node.value) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  if (comment.length > 0) document.commentBefore = comment.map((line) => ` ${line}`).join('\n');
  return document.toString({ lineWidth: 0 });
}
