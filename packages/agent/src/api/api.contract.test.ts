import { mkdtemp, rm } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { API_HEADER, apiPaths, type HostApi } from '@nap/shared';
import { silentLog, systemClock } from '@nap/shared/runtime';
import { makeCertificates, type Certificate, type Certificates } from '@nap/shared/testing';
import { HOST } from '../testing/builders.js';
import { request as createRequest } from '../testing/engines.js';
import { FakeDocker } from '../testing/fake-docker.js';
import { FakeOperator } from '../testing/fake-operator.js';
import { ApiServer } from './api-server.js';
import { readApiSettings, type ApiFlags } from './api-settings.js';

/** The API on loopback with real certificates; only the engine is the fake. */

let directory: string;
let certificates: Certificates;
let strangers: Certificates;
const servers: ApiServer[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-api-'));
  certificates = await makeCertificates(directory, ['agent', 'operator']);
  strangers = await makeCertificates(await mkdtemp(join(directory, 'strangers-')), ['operator']);
});
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));
afterAll(() => rm(directory, { recursive: true, force: true }));

const docker = new FakeDocker({ clock: systemClock });
docker.images.add('box');
const operator = new FakeOperator(docker);

const flags = (over: Partial<ApiFlags> = {}): ApiFlags => ({
  ...{ api: true, apiPort: 0, apiInsecureListen: false },
  ...over,
});
const etcd = (): object => ({
  etcdCa: certificates.caFile,
  etcdCert: certificates.client('agent').certFile,
  etcdKey: certificates.client('agent').keyFile,
});

async function open(given: Parameters<typeof readApiSettings>[0]): Promise<HostApi> {
  const settings = await readApiSettings(given, '127.0.0.1');
  if (settings === undefined) throw new Error('no API');
  const server = new ApiServer({
    ...{ settings, host: HOST, version: '1', docker: operator, log: silentLog, clock: systemClock },
    pull: () => Promise.resolve(),
  });
  servers.push(server);
  const listens = new Promise<void>((resolve) => server.onChange(resolve));
  await server.start();
  await listens;
  const { endpoint } = server;
  if (endpoint === undefined) throw new Error('no endpoint');
  return endpoint;
}

interface Asked {
  readonly as?: Certificate;
  readonly token?: string;
  readonly host?: string;
  readonly method?: string;
}

function ask(
  { url }: HostApi,
  path: string,
  { as, token, host, method = 'GET' }: Asked = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const send = url.startsWith('https') ? tlsRequest : plainRequest;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(host === undefined ? {} : { [API_HEADER.host]: host }),
  };
  const secret = as === undefined ? {} : { cert: as.cert, key: as.key };
  const options = { rejectUnauthorized: false, agent: false, method, headers, ...secret };
  return new Promise((resolve, reject) => {
    const sent = send(`${url}${path}`, options, (answer) => {
      text(answer).then((body) => {
        resolve({ status: answer.statusCode, body });
      }, reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

it('with the certificates of etcd: answers who shows one of the authority, and nobody else', async () => {
  const api = await open({ ...flags(), ...etcd() });
  expect(api).toMatchObject({
    kind: 'tls',
    certificate: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  const good = await ask(api, apiPaths.about, { as: certificates.client('operator') });
  expect(good).toEqual({ status: 200, body: JSON.stringify({ host: HOST, agentVersion: '1' }) });
  await expect(ask(api, apiPaths.about)).rejects.toThrow();
  await expect(ask(api, apiPaths.about, { as: strangers.client('operator') })).rejects.toThrow();
});

it('without TLS: on loopback, for who knows the token', async () => {
  const api = await open(flags());
  if (api.kind !== 'token') throw new Error('TLS from nowhere');
  expect(api.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(await ask(api, apiPaths.about, { token: api.token })).toMatchObject({ status: 200 });
  for (const token of [undefined, '', 'x', `${api.token}x`]) {
    const asked = token === undefined ? {} : { token };
    expect(await ask(api, apiPaths.about, asked)).toMatchObject({ status: 403 });
  }
});

it('answers for its own host only, and says what it does not know', async () => {
  const api = await open({ ...flags(), ...etcd() });
  const as = certificates.client('operator');
  expect(await ask(api, apiPaths.about, { as, host: HOST })).toMatchObject({ status: 200 });
  const other = await ask(api, apiPaths.about, { as, host: 'b' });
  expect(other).toMatchObject({ status: 404, body: expect.stringContaining('not b') as string });
  const unknown = await ask(api, '/v2/all', { as });
  expect(unknown).toMatchObject({
    status: 404,
    body: expect.stringContaining('upgrade') as string,
  });
  for (const query of ['', '?instance=', '?instance=web', '?instance=shop.web.1&tail=-1']) {
    expect(await ask(api, `${apiPaths.logs}${query}`, { as })).toMatchObject({ status: 400 });
  }
  const gone = await ask(api, `${apiPaths.logs}?instance=shop.gone.1`, { as });
  expect(gone).toMatchObject({
    status: 404,
    body: expect.stringContaining('has no container') as string,
  });
});

it('gives a log, and takes a signal', async () => {
  const api = await open({ ...flags(), ...etcd() });
  const as = certificates.client('operator');
  const wanted = createRequest();
  await docker.start(await docker.create(wanted));
  const instance = wanted.name.replaceAll('-', '.');
  const log = await ask(api, `${apiPaths.logs}?instance=${instance}`, { as });
  expect(log.body).toContain(`words of ${wanted.name}\n`);
  const kill = `${apiPaths.kill}?instance=${instance}&signal=`;
  expect(await ask(api, `${kill}SIGHUP`, { as, method: 'POST' })).toMatchObject({ status: 200 });
  expect(await ask(api, `${kill}9%20x`, { as, method: 'POST' })).toMatchObject({ status: 400 });
  expect(operator.calls).toEqual([`kill ${wanted.name} SIGHUP`]);
});

it('waits for a port that is taken, and listens once it is free', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const address = blocker.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const listening = open(flags({ apiPort: address.port }));
  await systemClock.sleep(100);
  await new Promise((resolve) => blocker.close(resolve));
  expect((await listening).url).toContain(String(address.port));
}, 20_000);

it.each<[string, Partial<ApiFlags>]>([
  ['--api-listen', { apiListen: '10.0.0.1' }],
  ['--api-cert', { apiCert: '/x' }],
  ['--api-ca', { apiCa: '/x' }],
  ['--api-port', { apiPort: 70_000 }],
])('refuses %s as it is given', async (flag, over) => {
  await expect(readApiSettings(flags(over), '10.0.0.1')).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    message: expect.stringContaining(flag) as string,
  });
});

it('goes beyond loopback without TLS only for an operator who insists', async () => {
  const insisting = flags({ apiInsecureListen: true });
  expect(await readApiSettings(insisting, '10.0.0.1')).toMatchObject({ listen: '10.0.0.1' });
  expect(await readApiSettings(flags(), '10.0.0.1')).toMatchObject({ listen: '127.0.0.1' });
  expect(await readApiSettings(flags({ api: false }), '10.0.0.1')).toBeUndefined();
});
