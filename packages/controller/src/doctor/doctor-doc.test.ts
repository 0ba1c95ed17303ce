import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { doctorDocument } from './doctor-doc.js';

const path = fileURLToPath(new URL('../../../../docs/doctor.md', import.meta.url));

test('docs/doctor.md says what doctor can find', () => {
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(path, doctorDocument());
  expect(readFileSync(path, 'utf8')).toBe(doctorDocument());
});
