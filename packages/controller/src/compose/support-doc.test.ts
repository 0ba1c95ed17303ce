import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { supportDocument } from './support-doc.js';

const path = fileURLToPath(new URL('../../../../docs/compose-support.md', import.meta.url));

test('docs/compose-support.md says what the tables of the loader say', () => {
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(path, supportDocument());
  expect(readFileSync(path, 'utf8')).toBe(supportDocument());
});
