import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import {
  hostCheckCodec,
  hostFactsCodec,
  hostId,
  instanceId,
  isNapError,
  keys,
  nameRecordCodec,
  placementCodec,
  projectName,
  reportCodec,
  serviceName,
  type Placement,
  type Report,
} from '@nap/shared';
import { startEtcd, type EtcdCluster } from '@nap/shared/testing';
import { runCli } from './cli.js';
import { hostFactsOf } from './doctor/testing/facts.js';
import { errorText } from './output/error-view.js';
import { FakeCluster } from './testing/builders.js';
import { systemClock } from '@nap/shared/runtime';
import { noStreams } from './testing/streams.js';

/** The commands that look, against a real etcd. */

jest.setTimeout(60_000);

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

let directory: string;
let cluster: EtcdCluster;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-look-'));
  cluster = await startEtcd();
  const { entries } = new FakeCluster('host-a');
  for (const [key, value] of entries) await put(key, value);
});
afterEach(async () => {
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
});

async function put(key: string, value: string): Promise<void> {
  await cluster.ctl(['put', `/nap/v1/${key}`, value]);
}

async function run(...argv: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    ...{ out: (text: string) => out.push(text), err: (text: string) => err.push(text) },
    ...{
      readStdin: () => Promise.resolve(''),
      streams: noStreams(),
      signal: new AbortController().signal,
    },
    ...{ clock: systemClock, env: {}, cwd: directory, user: 'alice@ops1' },
  };
  const done = (exit: number): Outcome => ({ exit, out: out.join('\n'), err: err.join('\n') });
  try {
    const etcd = ['--etcd', cluster.endpoints.join(',')];
    return done(await runCli([...argv, ...etcd], context, '0.1.0'));
  } catch (cause) {
    err.push(errorText(cause));
    return done(isNapError(cause) ? cause.exitCode : 1);
  }
}

const SHOP = `
name: shop
services:
  web: {image: busybox, environment: {PASSWORD: hunter2}, configs: [site, logo], secrets: [token]}
  job: {image: busybox, volumes: ['data:/data']}
volumes: {data: {}}
configs: {site: {content: "hello $$you\\n"}, logo: {file: logo.png}}
secrets: {token: {file: token}}
`;

async function apply(): Promise<void> {
  await writeFile(join(directory, 'shop.yml'), SHOP);
  await writeFile(join(directory, 'logo.png'), Buffer.from([0, 255, 1]));
  await writeFile(join(directory, 'token'), 's3cret');
  expect(await run('apply', 'shop.yml', '-d')).toMatchObject({ exit: 0 });
}

async function placementOf(instance: string): Promise<Placement> {
  const key = keys.placement(hostId('host-a'), instanceId(instance));
  const text = await cluster.ctl(['get', '--print-value-only', `/nap/v1/${key}`]);
  return placementCodec.decode(text.trim(), key);
}

async function report(instance: string, status: Report['status']): Promise<void> {
  const { host, specHash } = await placementOf(instance);
  const id = instanceId(instance);
  const value = { instance: id, host, specHash, status, restarts: 0, message: '', atMs: 0 };
  await put(keys.report(id), reportCodec.encode(value));
}

it('wait ends with the exit code of the program, or says who is not there and why', async () => {
  await apply();
  const early = await run('wait', '--for', 'running', 'web', '--timeout', '1');
  expect(early.exit).toBe(7);
  expect(early.err).toContain('web of shop is not running within 1 s: 1 of 1 instances');
  expect(early.err).toContain('shop.web.1 on host-a: host-a has not reported yet');
  const waiting = run('wait', '--for', 'exited', 'job', '-p', 'shop', '--timeout', '30');
  await report('shop.job.1', { state: 'failed', cause: 'exited', exitCode: 3, attempts: 1 });
  expect(await waiting).toMatchObject({ exit: 3, out: 'shop.job.1 3' });
  await report('shop.web.1', { state: 'running', health: 'none', startedAtMs: 1 });
  expect(await run('wait', '--for', 'healthy', 'web')).toMatchObject({ exit: 0, out: '' });
  const named = run('wait', '--for', 'name=web-1', '--timeout', '30');
  const { instance, host, specHash, spec } = await placementOf('shop.web.1');
  const record = nameRecordCodec.encode({
    ...{ instance, host, specHash, containerName: spec.containerName, aliases: [] },
    ...{ project: projectName('shop'), service: serviceName('web'), index: 1 },
    ...{ ip: '10.4.1.2', condition: 'ready' },
  });
  await put(keys.name(instance), record);
  expect(await named).toMatchObject({ exit: 0 });
  expect(await run('wait', '--for', 'nothing')).toMatchObject({ exit: 2 });
  expect(await run('wait', '--for', 'healthy', 'api')).toMatchObject({ exit: 8 });
  expect(await run('wait', '-p', 'blog')).toMatchObject({ exit: 8 });
});

it('what export writes is applied again without a change, once the secrets are beside it', async () => {
  await apply();
  const exported = await run('export', '-o', 'out/shop.yml');
  expect(exported).toMatchObject({ exit: 0, out: '' });
  expect(exported.err).toMatch(/put the secret of web into \.\/secrets\/token$/m);
  expect(exported.err).not.toContain('logo');
  expect(await readFile(join(directory, 'out/configs/logo'))).toEqual(Buffer.from([0, 255, 1]));
  const text = await readFile(join(directory, 'out/shop.yml'), 'utf8');
  expect(text).not.toContain('s3cret');
  expect(await run('plan', 'out/shop.yml')).toMatchObject({ exit: 3 });
  await mkdir(join(directory, 'out/secrets'));
  await writeFile(join(directory, 'out/secrets/token'), 's3cret');
  const again = await run('apply', 'out/shop.yml', '-d');
  expect(again).toMatchObject({ exit: 0 });
  expect(again.err).not.toContain('store shop');
  expect(await run('history', '--format', '{{.Revision}}')).toMatchObject({ out: '1' });
  const printed = await run('export', '--revision', '1');
  expect(printed.out).toContain('hello $$you');
  expect(printed.err).toContain('the config of web into ./configs/logo');
  expect(await run('export', '--revision', '7')).toMatchObject({ exit: 8 });
});

it('inspect shows what there is, and no value that may be a secret', async () => {
  await apply();
  for (const name of ['shop', 'shop.web', 'shop-web-1', 'host-a']) {
    for (const format of ['table', 'json', 'yaml']) {
      const { exit, out } = await run('inspect', name, '--format', format);
      expect(exit).toBe(0);
      expect(out).toContain(format === 'table' ? name.replaceAll('-web-', '.web.') : 'host-a');
      expect(out).not.toMatch(/hunter2|s3cret/);
    }
  }
  expect(await run('inspect', 'nobody')).toMatchObject({ exit: 8 });
});

it('doctor finds what is wrong, and nothing where nothing is', async () => {
  const facts = hostFactsOf(1, { kernel: { isForwarding: false, hasBridgeFilter: true } });
  await put(keys.hostFacts(hostId('host-a')), hostFactsCodec.encode(facts));
  const flannel = '/coreos.com/network';
  await cluster.ctl([
    'put',
    `${flannel}/config`,
    '{"Network":"10.4.0.0/16","Backend":{"Type":"vxlan"}}',
  ]);
  const lease = '{"PublicIP":"10.98.0.11","BackendType":"vxlan","BackendData":{"VNI":1}}';
  await cluster.ctl(['put', `${flannel}/subnets/10.4.1.0-24`, lease]);
  const sick = await run('doctor', '--format', 'json');
  expect(sick.exit).toBe(10);
  expect(JSON.parse(sick.out)).toMatchObject([{ id: 'ip-forward-off', subject: 'host-a' }]);
  await put(keys.hostFacts(hostId('host-a')), hostFactsCodec.encode(hostFactsOf(1)));
  const well = await run('doctor');
  expect(well.exit).toBe(0);
  expect(well.out).toMatch(/m0 +http\S+ +3\.\S+ +leader[^]*0 errors, 0 warnings, 0 notes/);
  await cluster.ctl(['del', `${flannel}/config`]);
  const lost = await run('doctor', '--format', '{{.Id}}');
  expect(lost).toMatchObject({ exit: 10, out: 'flannel-config-missing' });
});

it('doctor hears the clock of a host when it is told', async () => {
  await put(keys.hostFacts(hostId('host-a')), hostFactsCodec.encode(hostFactsOf(1)));
  const check = (atMs: number): Promise<void> =>
    put(keys.check(hostId('host-a')), hostCheckCodec.encode({ atMs, projects: {}, problems: [] }));
  await check(Date.now());
  const over = new AbortController();
  const listening = run('doctor', '--listen', '30', '--format', '{{.Id}} {{.Evidence}}').finally(
    () => {
      over.abort();
    },
  );
  while (!over.signal.aborted) await check(Date.now() - 60_000);
  const { exit, out } = await listening;
  expect(exit).toBe(10);
  expect(out).toMatch(/host-clock-off (59|60)\.\d s behind this machine/);
});
