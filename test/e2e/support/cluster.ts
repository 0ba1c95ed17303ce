import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually, openLab, type ExecResult, type RunningProcess } from '@nap/lab';

/** What an end-to-end test does to the lab that is up, in the words of an operator. */

export const lab = openLab();

/** Tests and benchmarks run from the root of the checkout, from their sources or built. */
export const GUESTBOOK = resolve('deploy/examples/guestbook/docker-compose.yml');

/** Generous: the machine is shared. A test that needs less says so itself. */
export const PATIENCE_MS = 120_000;

export interface PsRow {
  readonly project: string;
  readonly service: string;
  readonly name: string;
  readonly image: string;
  readonly host: string;
  readonly ip?: string;
  readonly state: string;
  readonly health?: string;
  readonly restarts: number;
  readonly message: string;
  readonly reason?: string;
}

export interface NameRow {
  readonly project: string;
  readonly name: string;
  readonly ip: string;
  readonly host: string;
  readonly instance: string;
  readonly condition: string;
}

/** nap-controller on the operator's machine, where it is in PATH and NAP_ETCD is set. */
export async function nap(args: readonly string[], input?: string): Promise<ExecResult> {
  return lab.exec('operator', ['nap-controller', ...args], {
    timeoutMs: 5 * 60_000,
    ...(input === undefined ? {} : { input }),
  });
}

export async function startNap(args: readonly string[]): Promise<RunningProcess> {
  return lab.spawn('operator', ['nap-controller', ...args]);
}

/** `nap-controller serve`, once it leads or stands by. */
export async function startDaemon(): Promise<RunningProcess> {
  const daemon = await startNap(['serve']);
  daemon.stdout.resume();
  daemon.stderr.resume();
  await soon('a daemon is active', async () => {
    if ((await etcdEntries('/nap/v1/daemon')).size === 0) throw new Error('none');
  });
  return daemon;
}

/** Like `nap`, and throws what it said when it did not end with code 0. */
export async function mustNap(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await nap(args, input);
  if (code !== 0) {
    throw new Error(`nap-controller ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  }
  return stdout;
}

/** Applies a Compose text as project `name` and waits until it converged; the text may be YAML of any format. */
export async function apply(name: string, yaml: string, ...flags: string[]): Promise<void> {
  await mustNap(['apply', '-f', '-', '-p', name, ...flags], yaml);
}

export async function ps(project: string): Promise<readonly PsRow[]> {
  const { code, stdout, stderr } = await nap(['ps', project, '--format', 'json']);
  if (code === 8) return [];
  if (code !== 0) throw new Error(`ps: ${stderr}`);
  return JSON.parse(stdout) as PsRow[];
}

export async function row(project: string, name: string): Promise<PsRow> {
  const rows = await ps(project);
  const found = rows.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${JSON.stringify(rows)}`);
  return found;
}

export async function names(project: string): Promise<readonly NameRow[]> {
  return JSON.parse(await mustNap(['names', project, '--format', 'json'])) as NameRow[];
}

/** A command on a host; throws what it said when it failed. */
export async function on(host: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.exec(host, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${host} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

/** A shell line inside the container of that name, wherever it runs. */
export async function inside(project: string, container: string, line: string): Promise<string> {
  const { host } = await row(project, container);
  return on(host, 'docker', 'exec', container, 'sh', '-c', line);
}

/** `id startedAt` of every container on these hosts (all), by name: what must not change when nothing restarts. */
export async function startTimes(
  hosts?: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const host of hosts ?? (await lab.hosts())) {
    const text = await on(
      host,
      'sh',
      '-c',
      "docker ps -aq | xargs -r docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}}'",
    );
    for (const line of text.split('\n').filter(Boolean)) {
      const [name = '', ...rest] = line.split(' ');
      found[`${host}${name}`] = rest.join(' ');
    }
  }
  return found;
}

/** A container as dockerd has it; times by the one clock of the lab. */
export interface ContainerTimes {
  readonly host: string;
  readonly name: string;
  readonly id: string;
  readonly state: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
}

const TIMES = '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.State.FinishedAt}}';

/** Every container of the project, on whatever host that is on, by name. */
export async function containersOf(project: string): Promise<readonly ContainerTimes[]> {
  const line = `docker ps -aq --filter label=nap.project=${project} | xargs -r docker inspect -f '${TIMES}'`;
  const found = await Promise.all(
    (await lab.hosts()).map(async (host) => {
      const lines = (await on(host, 'sh', '-c', line)).split('\n').filter(Boolean);
      return lines.map((text): ContainerTimes => {
        const [name = '', id = '', state = '', started = '', finished = ''] = text.split(' ');
        const times = { startedAtMs: Date.parse(started), finishedAtMs: Date.parse(finished) };
        return { host, name: name.slice(1), id, state, ...times };
      });
    }),
  );
  return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function containersOn(host: string): Promise<readonly string[]> {
  return (await on(host, 'docker', 'ps', '-a', '--format', '{{.Names}}'))
    .split('\n')
    .filter(Boolean)
    .sort();
}

/** What etcd holds under nap's prefix: key → value. */
export async function etcdEntries(prefix = '/nap/v1/'): Promise<ReadonlyMap<string, string>> {
  const text = await etcdctl('get', '--prefix', prefix, '-w', 'json');
  const { kvs = [] } = JSON.parse(text) as { kvs?: { key: string; value?: string }[] };
  const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
  return new Map(kvs.map(({ key, value = '' }) => [decode(key), decode(value)]));
}

export async function etcdctl(...args: string[]): Promise<string> {
  const endpoints = (await lab.etcdEndpoints()).join(',');
  return on('operator', 'env', 'ETCDCTL_API=3', 'etcdctl', '--endpoints', endpoints, ...args);
}

/** Of the whole store: every write makes it another one. */
export async function etcdRevision(): Promise<string> {
  const text = await etcdctl('get', '/nap/v1/cluster', '-w', 'json');
  return String((JSON.parse(text) as { header: { revision: number } }).header.revision);
}

/** Whatever a controller writes. All else is the agents', who write when they see fit. */
const CONTROLLER_PREFIXES = ['projects/', 'placements/', 'volumes/', 'leader', 'cluster'];

/** What controllers have written, key → value. */
export async function controllerEntries(): Promise<ReadonlyMap<string, string>> {
  const all = await Promise.all(
    CONTROLLER_PREFIXES.map((prefix) => etcdEntries(`/nap/v1/${prefix}`)),
  );
  return new Map(all.flatMap((entries) => [...entries]));
}

/** Newest etcd revision at which a controller wrote anything that is still there. */
export async function newestWrite(): Promise<number> {
  let newest = 0;
  for (const prefix of CONTROLLER_PREFIXES) {
    const text = await etcdctl('get', '--prefix', `/nap/v1/${prefix}`, '-w', 'json');
    const { kvs = [] } = JSON.parse(text) as { kvs?: { mod_revision: number }[] };
    for (const { mod_revision: revision } of kvs) newest = Math.max(newest, revision);
  }
  return newest;
}

/** Polls until it holds; a failed expectation counts as "not yet" and is thrown at the deadline. */
export async function soon(
  what: string,
  check: () => Promise<void>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  await eventually(
    async () => {
      await check();
      return true;
    },
    { what, timeoutMs, everyMs: 250 },
  );
}

/** Every instance runs, and every host has verified its hosts files against the name map. */
export async function settled(project: string, timeoutMs = PATIENCE_MS): Promise<void> {
  await soon(
    `${project} has settled`,
    async () => {
      const rows = await ps(project);
      const restless = rows.filter(({ state }) => state !== 'running' && state !== 'completed');
      if (rows.length === 0 || restless.length > 0) throw new Error(JSON.stringify(restless));
      const check = await nap(['names', project, '--check']);
      if (check.code !== 0) throw new Error(check.stdout + check.stderr);
    },
    timeoutMs,
  );
}

/** Takes the projects down with their volumes and waits until nothing of them is left anywhere. */
export async function cleanUp(...projects: readonly string[]): Promise<void> {
  for (const project of projects) {
    const { code, stderr } = await nap(['down', '-p', project, '--volumes']);
    if (code !== 0 && code !== 8) throw new Error(`down -p ${project}: ${stderr}`);
  }
}

/** A directory of its own on the operator's machine, removed afterwards. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'nap-e2e-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
