import { digestOf, type ContainerSpec } from '@nap/shared';
import { specWords } from './compose-words.js';
import { supplyText } from './export-view.js';
import { redact } from './redact.js';

const digest = digestOf(Buffer.from('1234'));
const ofConfig = digestOf(Buffer.from('listen 80;'));
const owner = { uid: 0, gid: 0, mode: 0o400 };
const spec = {
  environment: { PIN: '1234' },
  ports: [],
  mounts: [],
  files: [
    { kind: 'secret', target: '/run/secrets/pin', digest, ...owner },
    { kind: 'config', target: '/etc/site', digest: ofConfig, ...owner },
  ],
} as unknown as ContainerSpec;

test.each([
  ['as it is stored', spec],
  ['in the words of the file', specWords(spec)],
])('neither values nor digests of what is secret: %s', (_how, shown) => {
  const text = JSON.stringify({ placements: [{ spec: shown }] }, redact);
  expect(text).not.toContain(digest);
  expect(text).not.toContain('"1234"');
  expect(text).toContain('/run/secrets/pin');
  expect(text).toContain(ofConfig);
});

test('an export names the digests of configs, and of no secret', () => {
  const secret = { kind: 'secret', path: './secrets/pin', digest, services: [] } as const;
  const config = {
    kind: 'config',
    path: './configs/site',
    digest: ofConfig,
    services: [],
  } as const;
  expect(supplyText(secret)).toMatch(/into \.\/secrets\/pin$/);
  expect(supplyText(config)).toContain(`(SHA-256 ${ofConfig})`);
});
