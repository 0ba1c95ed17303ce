import { connectionOf } from './connection.js';
import { contextsPath } from './contexts.js';
import { withContext, withCurrent, withoutContext } from './edit-contexts.js';
import { parseContexts } from './parse-contexts.js';

const FILE = '/home/alice/.config/nap/contexts.yml';
const text = `# mine
current: prod
contexts:
  prod:
    etcd: [https://10.0.0.5:2379, https://10.0.0.6:2379]
    etcd-ca: certs/ca.pem
    etcd-user: alice
    etcd-password: 0042
  lab: {etcd: http://lab:2379, etcd-password-file: ~/lab.secret, etcd-user: bob, prefix: /lab}
`;

const contexts = parseContexts(text, FILE, '/home/alice');

it('reads what stands there: endpoints as a list, paths from where the file is, a password of digits', () => {
  expect(contexts.current).toBe('prod');
  expect(contexts.byName.get('prod')).toEqual({
    etcd: 'https://10.0.0.5:2379,https://10.0.0.6:2379',
    'etcd-ca': '/home/alice/.config/nap/certs/ca.pem',
    'etcd-user': 'alice',
    'etcd-password': '0042',
  });
  expect(contexts.byName.get('lab')?.['etcd-password-file']).toBe('/home/alice/lab.secret');
});

it.each([
  ['', undefined],
  ['# nothing\n', undefined],
  ['contexts:\n', undefined],
])('%j holds no context', (empty, current) => {
  expect(parseContexts(empty, FILE)).toMatchObject({ current, byName: new Map() });
});

it.each([
  ['contexts: {a: {}}', /:1:12 {2}error {2}contexts.a: does not say where etcd is/],
  ['contexts: {a: {etcd: x, etcdca: y}}', /:1:25 .* unknown key "etcdca"\n.*known: etcd, etcd-ca/],
  ['contexts: {a: {etcd: {}}}', /:1:22 .*contexts.a.etcd: must be a text/],
  ['contexts: {a: {etcd: []}}', /contexts.a.etcd: must be a text/],
  ['contexts: {a: {etcd: x, prefix: }}', /contexts.a.prefix: is empty/],
  ['contexts: {a: {etcd: "http://me:pw@x"}}', /do not belong in an endpoint/],
  ['contexts: {a b: {etcd: x}}', /:1:12 .*"a b" is no name of a context/],
  ['current: b\ncontexts: {a: {etcd: x}}', /:1:1 .*no context is called "b"\n.*there are: a/],
  ['contexts: [a]', /:1:11 .*contexts: must be a mapping/],
  ['context: {}', /unknown key "context"/],
  ['contexts:\n  a: {etcd: x', /:\d:\d+ .*not valid YAML/],
  ['contexts: {a: {etcd: x}, a: {etcd: y}}', /not valid YAML: duplicate key/],
])('%j is refused with its place', (wrong, message) => {
  expect(() => parseContexts(wrong, FILE)).toThrow(message);
  expect(() => parseContexts(wrong, FILE)).toThrow(FILE);
});

it.each(['etcd-password: [hunter2]', 'etcd-password: {a: hunter2}', 'etcd-password: "hunter2'])(
  'a problem with %s does not say the password',
  (line) => {
    const wrong = `contexts:\n  a:\n    etcd: x\n    ${line}\n`;
    expect(() => parseContexts(wrong, FILE)).toThrow();
    expect(() => parseContexts(wrong, FILE)).not.toThrow(/hunter2/);
  },
);

it('an edit leaves comments and the others as they are', () => {
  const added = withContext(text, 'new', { etcd: 'http://n:2379' });
  expect(added).toContain('# mine');
  expect(added).toContain('etcd-password: 0042');
  const read = parseContexts(withCurrent(withoutContext(added, 'prod'), 'new'), FILE);
  expect([...read.byName.keys()]).toEqual(['lab', 'new']);
  expect(read.current).toBe('new');
  expect(parseContexts(withoutContext(text, 'prod'), FILE).current).toBeUndefined();
});

it.each(['', 'contexts:\n', '# mine\ncontexts:\n'])(
  'the first one that is added to %j is the current one',
  (empty) => {
    const read = parseContexts(withContext(empty, 'a', { etcd: 'x' }), FILE);
    expect(read).toMatchObject({ current: 'a', byName: new Map([['a', { etcd: 'x' }]]) });
  },
);

const none = { flags: {}, context: undefined, env: {} };
const prod = 'https://10.0.0.5:2379,https://10.0.0.6:2379';
const other = ['http://flag:2379'];

it.each([
  ['the current context', none, prod],
  ['NAP_CONTEXT', { ...none, env: { NAP_CONTEXT: 'lab' } }, 'http://lab:2379'],
  ['NAP_ETCD', { ...none, env: { NAP_CONTEXT: 'lab', NAP_ETCD: 'http://e:1' } }, 'http://e:1'],
  ['--context', { flags: {}, context: 'lab', env: { NAP_ETCD: 'http://e:1' } }, 'http://lab:2379'],
  ['--etcd', { flags: { etcd: other }, context: 'lab', env: { NAP_ETCD: 'http://e:1' } }, other],
])('%s says where etcd is', (_who, given, etcd) => {
  expect(connectionOf(given, contexts).values['etcd']).toEqual(etcd);
});

it('what a context knows of credentials goes to its own endpoints only', () => {
  const values = (flags: object, env: Record<string, string>): object =>
    connectionOf({ flags: { ...flags }, context: undefined, env }, contexts).values;
  expect(values({ etcd: other }, {})).toEqual({ etcd: other });
  expect(values({}, { NAP_ETCD: 'http://e:1' })).toEqual({ etcd: 'http://e:1' });
  expect(values({ 'etcd-user': 'eve' }, { NAP_PREFIX: '/p' })).toMatchObject({
    etcd: prod,
    'etcd-user': 'eve',
    prefix: '/p',
  });
});

it('a password file goes before a password', () => {
  const { values } = connectionOf({ ...none, flags: { 'etcd-password-file': 'f' } }, contexts);
  expect(values['etcd-password-file']).toBe('f');
  expect(values).not.toHaveProperty('etcd-password');
});

it('a context that is none is named with those that there are', () => {
  expect(() => connectionOf({ ...none, context: 'prd' }, contexts)).toThrow(/no context prd/);
});

it.each([
  [{ NAP_CONFIG: 'c.yml', HOME: '/h' }, '/srv/c.yml'],
  [{ XDG_CONFIG_HOME: '/x', HOME: '/h' }, '/x/nap/contexts.yml'],
  [{ XDG_CONFIG_HOME: 'relative', HOME: '/h' }, '/h/.config/nap/contexts.yml'],
  [{}, undefined],
])('with %j the file is %s', (env, path) => {
  expect(contextsPath(env, '/srv')).toBe(path);
});
