import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@nap/shared';
import { main } from './cli.js';

/** What is refused before anything is started. */

let dir: string;
let said: string;
const write = process.stderr.write.bind(process.stderr);

const forgetVariables = (): void => {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('NAP_')) Reflect.deleteProperty(process.env, name);
  }
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nap-cli-'));
  said = '';
  forgetVariables();
  process.stderr.write = (text) => {
    said += String(text);
    return true;
  };
});

afterEach(() => {
  process.stderr.write = write;
  forgetVariables();
  rmSync(dir, { recursive: true });
});

/** Ends in any case: no host has such a name. */
const refused = (...words: readonly string[]): Promise<number> =>
  main(['run', '--host', 'no host', ...words]);

const settings = (json: string): string => {
  const file = join(dir, 'agent.json');
  writeFileSync(file, json);
  return file;
};

it.each(['yes', 'on', '2', 'tru'])(
  'a switch that a variable sets to %s is refused',
  async (word) => {
    process.env['NAP_API'] = word;
    expect(await refused()).toBe(EXIT.usage);
    expect(said).toBe(`nap-agent: NAP_API=${word}: true or false is expected\n`);
  },
);

it.each(['--api=maybe', '--api-insecure-listen=1', '--apiInsecureListen=yes'])(
  '%s is refused',
  async (word) => {
    expect(await refused(word)).toBe(EXIT.usage);
    expect(said).toBe(`nap-agent: ${word}: true or false is expected\n`);
  },
);

it.each(['1', 'TRUE', '0', 'False', ''])('a switch may be set to %j', async (word) => {
  Object.assign(process.env, { NAP_API: word, NAP_API_INSECURE_LISTEN: word });
  expect(await refused('--api=true')).toBe(EXIT.rejected);
  expect(said).toContain('"no host" is no host name');
});

it('a password that is set as a variable is said not to be read', async () => {
  process.env['NAP_ETCD_PASSWORD'] = 'hunter2';
  expect(await refused()).toBe(EXIT.rejected);
  expect(said).toMatch(/^note: NAP_ETCD_PASSWORD is not read: NAP_ETCD_PASSWORD_FILE names/);
  expect(said).not.toContain('hunter2');
});

it('a variable that is set to nothing is not set', async () => {
  Object.assign(process.env, { NAP_CONCURRENCY: '', NAP_LABEL: '', NAP_ADDRESS: '' });
  expect(await main(['run', '--host', 'a', '--resync-s', '0'])).toBe(EXIT.rejected);
  expect(said).toContain('--resync-s: 0 is not');
});

it.each([
  [['--concurrency', '1', '--concurrency', '99'], '--concurrency: 99 is not'],
  [['--address', '10.0.0.1', '--address', 'x'], '--address: "x" is no IPv4 address'],
])('of %j the last counts', async (words, word) => {
  expect(await main(['run', '--host', 'no host', '--host', 'a', ...words])).toBe(EXIT.rejected);
  expect(said).toContain(word);
});

it.each([
  ['{"label": {"a": "b"}}', '"label": a text or a list of texts'],
  ['{"label": [1]}', '"label": a text or a list of texts'],
  ['{"resource": {"gpu": 2}}', '"resource": a text or a list of texts'],
  ['{"api": "no"}', '"api": true or false'],
  ['{"apiPort": "x"}', '"apiPort": a number'],
  ['{"host": 7}', '"host": a text'],
  ['{"network": ["nap"]}', '"network": a text'],
  ['[]', 'no JSON file with settings'],
])('a file with %s is refused', async (json, expected) => {
  const file = settings(json);
  expect(await main(['run', '--config', file])).toBe(EXIT.rejected);
  expect(said).toContain(`--config: ${file}`);
  expect(said).toContain(expected);
});

it('takes from a file what flags are', async () => {
  const file = settings(
    '{"etcd": ["http://a", "b"], "label": "a=b", "resource": ["gpu=1"], "api": false, "api-port": 1, "leaseTtlS": 1, "host": "a"}',
  );
  expect(await main(['run', '--config', file])).toBe(EXIT.rejected);
  expect(said).toContain('--lease-ttl-s: 1 is not');
});

it('a flag has no parts', async () => {
  expect(await refused('--label.a=b')).toBe(EXIT.usage);
  expect(said).toContain('label.a');
});
