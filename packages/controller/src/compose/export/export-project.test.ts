import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { projectDigest } from '../../plan/kept-revisions.js';
import { loadProject } from '../index.js';
import { loadTexts } from '../testing/load-texts.js';
import { exportedAndRead, sayable } from '../testing/round-trip.js';
import { exportProject, renderExport } from './export-project.js';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

it.each(['guestbook', 'v2', 'everything'])('%s is read again as the same project', async (name) => {
  const cwd = join(fixtures, name);
  const first = await loadProject({ files: [], cwd, env: { FROM_SHELL: 'shell' } });
  expect(first.project).toBeDefined();
  const again = await exportedAndRead(first);
  expect(again).toEqual(sayable(first));
  expect(projectDigest(again as never)).toBe(projectDigest(sayable(first) ?? ({} as never)));
});

const SECRETS = `
services:
  web:
    image: web:1
    command: [serve, --price=$$5]
    configs: [site, {source: logo, target: /logo}]
    secrets: [{source: token, target: api-token}]
    security_opt: [seccomp=profile.json]
  job: {image: web:1, secrets: [{source: token, target: other}]}
configs:
  site: {file: site.conf}
  logo: {file: logo.png}
secrets:
  token: {file: token.txt}
`;

it('writes what is in configs, and says of secrets what must be supplied', async () => {
  const loaded = await loadTexts({
    'compose.yml': SECRETS,
    'site.conf': 'listen 80;\nhost $name;\n',
    'logo.png': new Uint8Array([0, 255, 1]),
    'token.txt': 'hunter2',
    'profile.json': '{ "defaultAction": "SCMP_ACT_ALLOW" }',
  });
  const exported = exportProject(loaded.project!, loaded.contents);
  const text = renderExport(exported, ['shop']);
  expect(text).toMatch(/^# shop\n\nname: shop\n/);
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(Buffer.from('hunter2').toString('base64'));
  expect(text).toContain('content: |\n      listen 80;\n      host $$name;\n');
  expect(text).toContain('- --price=$$5');
  expect(exported.files).toMatchObject([
    { kind: 'config', path: './configs/logo', content: 'AP8B' },
    { kind: 'secret', path: './secrets/api-token', services: ['web', 'job'] },
    { kind: 'profile', services: ['web'] },
  ]);
  expect(exported.files[1]).not.toHaveProperty('content');
  expect(await exportedAndRead(loaded)).toEqual(loaded.project);
});

it('says what no file can say', async () => {
  const loaded = await loadTexts({
    'compose.yml': 'web: {image: i, links: [db]}\ndb: {image: d}\n',
  });
  const { notes } = exportProject(loaded.project!, loaded.contents);
  expect(notes).toEqual([expect.stringMatching(/^web was in a file of the v1 format/)]);
});

const text = fc.oneof(
  fc.string(),
  fc.string({
    unit: fc.constantFrom(
      ...Array.from('ab $:#-|>\'"\n\t\r\\\u0000\u0085\u2028\ufeffé{}[]&*!%@`,'),
    ),
  }),
);

test('whatever values hold, they are the same again', () =>
  fc.assert(
    fc.asyncProperty(text, text, fc.uint8Array({ maxLength: 40 }), async (value, word, bytes) => {
      const loaded = await loadTexts({
        'compose.yml': JSON.stringify({
          services: {
            '7': { image: 'i' },
            web: {
              image: 'i',
              environment: { A: value.replaceAll('$', '$$$$') },
              command: [word.replaceAll('$', '$$$$')],
              configs: ['a', 'b'],
              depends_on: ['db', '7', '3'],
            },
            '3': { image: 'i' },
            db: { image: 'i' },
          },
          configs: { a: { file: 'a' }, b: { file: 'b' } },
        }),
        a: new TextEncoder().encode(value),
        b: bytes,
      });
      expect(loaded.project).toBeDefined();
      expect(await exportedAndRead(loaded)).toEqual(loaded.project);
    }),
    { numRuns: 300 },
  ));
