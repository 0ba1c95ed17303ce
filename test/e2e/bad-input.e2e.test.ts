import {
  apply,
  cleanUp,
  controllerEntries,
  lab,
  nap,
  on,
  ps,
  row,
  soon,
  startNap,
} from './support/cluster.js';

/** Malformed input and bad luck: a clear sentence that names what and where, and nothing half done. */

const P = 'mishap';

afterEach(async () => {
  await cleanUp(P);
});

it('says all problems of a file at once, each with its place and the way out, and writes nothing', async () => {
  const yaml = [
    'services:',
    '  web:',
    '    imge: busybox',
    '    depends_on: [nobody]',
    '  api:',
    '    image: busybox',
    '    links: [db]',
    '  db:',
    '    image: busybox',
    '    links: [api]',
    '  proxy:',
    '    image: busybox',
    '    ports: ["80:80", "80:81"]',
  ].join('\n');
  const before = await controllerEntries();
  const { code, stderr } = await nap(['apply', '-f', '-', '-p', P], yaml);
  expect(code).toBe(3);
  expect(stderr).toMatch(/:3:\d+ .*imge.*\n.*did you mean.*image/);
  expect(stderr).toMatch(/:4:\d+ .*nobody/);
  expect(stderr).toMatch(/:\d+:\d+ .*web.*image/);
  expect(stderr).toMatch(/api.*db.*api|db.*api.*db/);
  expect(stderr).toMatch(/:13:\d+ .*80/);
  expect(await controllerEntries()).toEqual(before);
});

it('refuses malformed YAML with its line', async () => {
  const { code, stderr } = await nap(
    ['apply', '-f', '-', '-p', P],
    'services:\n  web:\n   image: [busybox\n',
  );
  expect(code).toBe(3);
  expect(stderr).toMatch(/:\d+:\d+ /);
});

it('says that etcd cannot be reached, at which address, within bounded time', async () => {
  const started = performance.now();
  const { code, stderr } = await nap(['ps', '--etcd', 'http://10.99.0.250:2379']);
  expect(code).toBe(5);
  expect(stderr).toContain('10.99.0.250:2379');
  expect(performance.now() - started).toBeLessThan(30_000);
});

it('says which registry does not have an image, in the CLI and in ps', async () => {
  const { code, stderr } = await nap(
    ['apply', '-f', '-', '-p', P, '--timeout', '60'],
    'services:\n  web:\n    image: registry.lab:5000/no-such-image:1\n',
  );
  expect(code).toBe(7);
  expect(stderr).toMatch(/registry\.lab:5000\/no-such-image:1/);
  expect(stderr).toMatch(/not found/i);
  const { state, message } = await row(P, 'mishap-web-1');
  expect(state).toBe('failed');
  expect(message).toContain('registry.lab:5000/no-such-image:1');
});

it('says that a container exits at once, with its code and last words', async () => {
  const { code, stderr } = await nap(
    ['apply', '-f', '-', '-p', P, '--timeout', '60'],
    'services:\n  web:\n    image: busybox\n    command: sh -c "echo no configuration; exit 3"\n',
  );
  expect(code).toBe(7);
  expect(stderr).toMatch(/exit(ed)?.*3/);
  expect((await row(P, 'mishap-web-1')).message).toContain('no configuration');
});

it('says which port is taken on which host by something else, and starts once it is free', async () => {
  const hosts = await lab.hosts();
  const listeners = await Promise.all(
    hosts.map((host) =>
      lab.spawn(host, ['node', '-e', 'require("net").createServer().listen(8088)']),
    ),
  );
  try {
    const { code, stderr } = await nap(
      ['apply', '-f', '-', '-p', P, '--timeout', '60'],
      'services:\n  web:\n    image: busybox\n    ports: ["8088:80"]\n',
    );
    expect(code).toBe(7);
    expect(stderr).toMatch(/8088/);
    expect(stderr).toMatch(/taken|in use/);
  } finally {
    await Promise.all(listeners.map((listener) => listener.stop('SIGKILL')));
  }
  await soon('the instance starts now', async () => {
    expect((await row(P, 'mishap-web-1')).state).toBe('running');
  });
});

it('refuses a plan that fits nowhere, names the reason per host, and changes nothing', async () => {
  const yaml = 'services:\n  web:\n    image: busybox\n    ports: ["8089:80"]\n    scale: 4\n';
  const { code, stderr } = await nap(['apply', '-f', '-', '-p', P], yaml);
  expect(code).toBe(4);
  for (const host of await lab.hosts()) expect(stderr).toContain(`${host} has port 8089/tcp taken`);
  expect(await ps(P)).toEqual([]);
});

it('two operators who apply at once take turns: the outcome is one of the two files, never a mix', async () => {
  const yaml = (version: string): string =>
    ['a', 'b', 'c', 'd']
      .map((name) => `  ${name}:\n    image: busybox\n    environment: { VERSION: "${version}" }\n`)
      .reduce((text, service) => text + service, 'services:\n');
  await apply(P, yaml('0'));
  const operators = await Promise.all(
    ['1', '2'].map(async (version) => {
      const process = await startNap(['apply', '-f', '-', '-p', P]);
      process.stdin.end(yaml(version));
      return process.exited;
    }),
  );
  expect(operators).toContain(0);
  for (const code of operators) expect([0, 6]).toContain(code);
  const rows = await ps(P);
  const versions = await Promise.all(
    rows.map(({ host, name }) => on(host, 'docker', 'exec', name, 'sh', '-c', 'echo $VERSION')),
  );
  expect(new Set(versions).size).toBe(1);
});
