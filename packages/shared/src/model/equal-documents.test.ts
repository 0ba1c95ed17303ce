import fc from 'fast-check';
import { equalDocuments } from './equal-documents.js';
import { canonicalJson } from './spec-hash.js';

const aDocument = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(0, 1, 'a', '', true, null),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'toString'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

it('documents are equal exactly where their canonical JSON is', () => {
  fc.assert(
    fc.property(aDocument, aDocument, (a, b) => {
      expect(equalDocuments(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      expect(equalDocuments(a, JSON.parse(JSON.stringify(a)))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it('an absent field and an undefined one are the same, and ignored ones may differ', () => {
  expect(equalDocuments({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(equalDocuments({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(equalDocuments({ a: 1, b: { c: 1 } }, { b: { c: 1 } }, new Set(['a']))).toBe(true);
  expect(equalDocuments({ b: { a: 1 } }, { b: { a: 2 } }, new Set(['a']))).toBe(false);
});
