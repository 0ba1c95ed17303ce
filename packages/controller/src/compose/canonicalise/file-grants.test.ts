import { digestOf, type FileSpec } from '@nap/shared';
import { testRefusals } from '../testing/attribute-cases.js';
import { loadTexts, problemText, withService, type Texts } from '../testing/load-texts.js';
import type { LoadRequest, LoadResult } from '../pipeline.js';

const SECRET = 'hunter2-hunter2';
const BINARY = new Uint8Array([0, 1, 2, 255, 254, 10, 0]);

const TOP = `configs:
  site: {file: ./site.conf}
  motd: {content: "hello \${WHO} $$5\\n"}
  level: {environment: LEVEL, name: other, labels: [a=b]}
secrets:
  token: {file: token.bin}
  password: {environment: PASSWORD}
`;
const FILES: Texts = { 'site.conf': 'a: b\n', 'token.bin': BINARY };
const ENV = { WHO: 'world', LEVEL: 'debug', PASSWORD: SECRET };

function load(
  keys: string,
  more: Texts = {},
  request: Partial<LoadRequest> = {},
): Promise<LoadResult> {
  const texts = { 'compose.yml': withService(keys, TOP), ...FILES, ...more };
  return loadTexts(texts, { env: ENV, ...request });
}

const filesOf = ({ project }: LoadResult): readonly FileSpec[] =>
  project?.services[0]?.container.files ?? [];
const digest = (text: string): string => digestOf(new TextEncoder().encode(text));
const file = (kind: string, target: string, content: string, more: object = {}): object => ({
  kind,
  target,
  digest: digest(content),
  uid: 0,
  gid: 0,
  mode: 0o444,
  ...more,
});

describe('configs and secrets of a service', () => {
  test.each([
    ['configs: [site]', file('config', '/site', 'a: b\n')],
    ['configs: [motd]', file('config', '/motd', 'hello world $5\n')],
    ['configs: [level]', file('config', '/level', 'debug')],
    ['configs: [{source: site, target: etc/x}]', file('config', '/etc/x', 'a: b\n')],
    [
      'configs: [{source: site, target: /x, uid: "103", gid: "7", mode: 0440}]',
      file('config', '/x', 'a: b\n', { uid: 103, gid: 7, mode: 0o440 }),
    ],
    ['configs: [{source: site, mode: "0400"}]', file('config', '/site', 'a: b\n', { mode: 0o400 })],
    ['secrets: [password]', file('secret', '/run/secrets/password', SECRET)],
    ['secrets: [{source: password, target: pw}]', file('secret', '/run/secrets/pw', SECRET)],
    ['secrets: [{source: password, target: /pw/}]', file('secret', '/pw', SECRET)],
  ])('%s', async (keys, expected) => {
    expect(filesOf(await load(keys))).toEqual([expected]);
  });

  test('bytes survive, and travel beside the project by their digest', async () => {
    const result = await load('secrets: [token]');
    const [spec] = filesOf(result);
    expect(spec?.digest).toBe(digestOf(BINARY));
    expect(result.contents).toEqual(
      new Map([[digestOf(BINARY), Buffer.from(BINARY).toString('base64')]]),
    );
    expect(result.files).toContain('/srv/shop/token.bin');
  });

  test('what nobody uses is not read', async () => {
    const result = await load('tty: true', { 'site.conf': 'a'.repeat(600_000) });
    expect(problemText(result)).toBe('');
    expect(result.contents.size).toBe(0);
    expect('files' in (result.project?.services[0]?.container ?? {})).toBe(false);
  });

  test('the content of a secret is in no project, no output of config and no problem', async () => {
    const secrets = 'secrets: [password, {source: password, target: again}]';
    const good = await load(secrets);
    const bad = await load(`${secrets}\nnope: x`);
    const base64 = Buffer.from(SECRET).toString('base64');
    for (const { project, model, problems } of [good, bad]) {
      const text = JSON.stringify({ project, model, problems });
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(base64);
    }
    expect([...good.contents.values()]).toEqual([base64]);
    expect(bad.contents.size).toBe(0);
  });

  test('config prints where they come from', async () => {
    const { model } = await load(
      'configs: [motd, level, {source: site, mode: 0440}]\nsecrets: [password]',
    );
    expect(model).toMatchObject({
      services: {
        web: {
          configs: [{ source: 'motd' }, { source: 'level' }, { source: 'site', mode: '0440' }],
          secrets: [{ source: 'password', target: '/run/secrets/password' }],
        },
      },
      configs: {
        motd: { name: 'shop_motd', content: 'hello world $$5\n' },
        level: { name: 'other', environment: 'LEVEL', labels: { a: 'b' } },
        site: { name: 'shop_site', file: '/srv/shop/site.conf' },
      },
      secrets: { password: { name: 'shop_password', environment: 'PASSWORD' } },
    });
    expect(Object.keys(model?.['secrets'] ?? {})).toEqual(['password']);
  });

  test('a file that is included has its own variables', async () => {
    const inner = `services: {db: {image: i, secrets: [pw]}}\nsecrets: {pw: {environment: INNER}}\n`;
    const result = await loadTexts({
      'compose.yml': 'include: [inner/compose.yml]\n',
      'inner/compose.yml': inner,
      'inner/.env': 'INNER=mine\n',
    });
    expect(filesOf(result)).toEqual([file('secret', '/run/secrets/pw', 'mine')]);
  });

  test('a later file takes the place of what has the same target', async () => {
    const over = withService('secrets: [{source: token, target: /run/secrets/password}, token]');
    const files = ['compose.yml', 'over.yml'];
    const result = await load('secrets: [password]', { 'over.yml': over }, { files });
    expect(
      filesOf(result).map(({ target, digest: of }) => [target, of === digestOf(BINARY)]),
    ).toEqual([
      ['/run/secrets/password', true],
      ['/run/secrets/token', true],
    ]);
  });

  testRefusals(
    [
      ['configs: [sites]', 'the config "sites" is not declared\n    did you mean "site"?'],
      ['secrets: [{target: x}]', 'names no secret'],
      ['configs: [{source: site, uid: me}]', '"me" is not a numeric user or group id'],
      ['configs: [{source: site, uid: 5}]', 'write it in quotes: "5"'],
      ['configs: [{source: site, mode: rw}]', 'must be a file mode such as "0440"'],
      ['configs: [{source: site, mode: "9"}]', 'must be a file mode such as "0440"'],
      [
        'configs: [site]',
        'configs.site.file: cannot read /srv/shop/site.conf: there is no such file',
      ],
      ['secrets: [password]', 'secrets.password.environment: the variable PASSWORD is not set'],
      ['configs: [{source: motd, target: /x}]\ntmpfs: /x', 'two mounts on /x'],
    ],
    TOP,
  );

  test('what is too big is refused with its place', async () => {
    const problems = problemText(
      await load('configs: [site]', { 'site.conf': 'a'.repeat(512_001) }),
    );
    expect(problems).toContain('configs.site: it has 512001 bytes, more than the 512000');
  });
});

describe('top-level configs and secrets', () => {
  testRefusals([['tty: true', 'the config says not where it comes from']], 'configs: {c: {}}\n');
  testRefusals(
    [['tty: true', 'the secret comes from two places: file and environment']],
    'secrets: {s: {file: x, environment: Y}}\n',
  );
  testRefusals(
    [['secrets: [s]', 'nap has no store of configs and secrets besides its projects']],
    'secrets: {s: {external: true}}\n',
  );
  testRefusals(
    [['secrets: [s]', 'nap has no store of configs and secrets besides its projects']],
    'secrets: {s: {external: {name: other}}}\n',
  );
  testRefusals(
    [['secrets: [s]', 'what a secret holds does not belong into a Compose file']],
    'secrets: {s: {content: x}}\n',
  );
  testRefusals(
    [['configs: [c]', 'nap fills in no templates']],
    'configs: {c: {file: x, template_driver: golang}}\n',
  );
});
