import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectSchema } from '@nap/shared';
import { renderProblems } from '../output/problem-view.js';
import { loadProject, renderConfig } from './index.js';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** A fixture is a directory with files as users write them, and what nap makes of them. UPDATE_GOLDEN=1 writes the latter. */
async function golden(name: string): Promise<void> {
  const directory = join(fixtures, name);
  const result = await loadProject({ files: [], cwd: directory, env: { FROM_SHELL: 'shell' } });
  const here = (text: string): string => text.replaceAll(directory, '/fixture');
  expect(projectSchema.parse(result.project)).toEqual(result.project);
  const texts = {
    'project.golden': here(`${JSON.stringify(result.project, undefined, 2)}\n`),
    'config.golden': here(renderConfig(result.model ?? {}, 'json')),
    'problems.golden': here(renderProblems(result.problems)),
  };
  for (const [file, text] of Object.entries(texts)) {
    const path = join(directory, 'expected', file);
    if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, 'utf8'));
  }
}

describe('whole files', () => {
  test('the guestbook of 2015, in the v1 format', () => golden('guestbook'));
  test('a file of version 2', () => golden('v2'));
  test('everything that nap honours, as the Compose Specification has it', () =>
    golden('everything'));
});

test('what config prints is read as the same project', async () => {
  for (const name of ['guestbook', 'v2', 'everything']) {
    const cwd = join(fixtures, name);
    // With every profile: Compose prints dependencies on services that are off, which nothing reads back.
    const profiles = ['*'];
    const first = await loadProject({ files: [], cwd, profiles, env: { FROM_SHELL: 'shell' } });
    for (const format of ['yaml', 'json'] as const) {
      const text = renderConfig(first.model ?? {}, format);
      const again = await loadProject({
        files: ['-'],
        cwd,
        profiles,
        // Secrets are printed as the names of their variables.
        env: { FROM_SHELL: 'shell' },
        stdin: () => Promise.resolve(text),
      });
      expect(again.model).toEqual(first.model);
    }
  }
});
