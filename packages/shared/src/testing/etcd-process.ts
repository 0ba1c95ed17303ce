import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import type { Certificates } from './etcd-process-certificates.js';
import { TcpProxy } from './tcp-proxy.js';

const run = promisify(execFile);

/** Time for a member to become healthy on a busy machine. */
const HEALTHY_WITHIN_MS = 30_000;
const FROZEN_WITHIN_MS = 5_000;
const STARTS_MAX = 3;
const LOG_CHARS_MAX = 20_000;

export interface EtcdOptions {
  readonly members?: 1 | 3;
  /** TLS for clients, with client certificates required. */
  readonly certificates?: Certificates;
  /** Further flags of etcd. */
  readonly flags?: readonly string[];
}

interface MemberPorts {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

/** One etcd process. Signals go to its own pid only. */
export class EtcdMember {
  readonly name: string;
  readonly port: number;
  readonly endpoint: string;
  /** What other members of the cluster send to this one passes here; undefined in a cluster of one. */
  readonly peerProxy: TcpProxy | undefined;
  private readonly dataDir: string;
  private readonly args: readonly string[];
  /** Where it counts what it does, in Prometheus' text. */
  readonly metricsUrl: string;
  private readonly healthUrl: string;
  private child: ChildProcess | undefined;
  private log = '';

  constructor(options: {
    readonly name: string;
    readonly scheme: string;
    readonly ports: MemberPorts;
    readonly dataDir: string;
    readonly args: readonly string[];
    readonly peerProxy: TcpProxy | undefined;
  }) {
    this.name = options.name;
    this.port = options.ports.client;
    this.endpoint = `${options.scheme}://127.0.0.1:${options.ports.client}`;
    this.peerProxy = options.peerProxy;
    this.dataDir = options.dataDir;
    this.args = options.args;
    this.metricsUrl = `http://127.0.0.1:${options.ports.metrics}/metrics`;
    this.healthUrl = `http://127.0.0.1:${options.ports.metrics}/health`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts the process without waiting for it to be healthy: a member of three needs a second one first. */
  launch(): void {
    // The kernel ends etcd with us, however we end: no test run leaves one behind.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'etcd', ...this.args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A proxy of the environment is not for loopback.
      env: { PATH: process.env['PATH'] },
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-LOG_CHARS_MAX);
    });
    this.child = child;
  }

  async healthy(withinMs: number = HEALTHY_WITHIN_MS): Promise<void> {
    await eventually(
      async () => {
        if (this.child?.exitCode !== null) throw new EtcdExited(this.log.slice(-800));
        const answer = await fetch(this.healthUrl, { signal: AbortSignal.timeout(1_000) });
        return (await answer.text()).includes('"health":"true"');
      },
      withinMs,
      `health of ${this.name}`,
    );
  }

  async start(): Promise<void> {
    this.launch();
    await this.healthy();
  }

  /** Ends it in an orderly way and waits. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** As if the power had failed, and waits. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Resolves when no thread of it runs any more: for a moment after the signal it may still answer. */
  async freeze(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    this.child?.kill('SIGSTOP');
    await eventually(() => areThreadsStopped(pid), FROZEN_WITHIN_MS, `freeze of ${this.name}`);
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Kills it, and starts it with no data but the same cluster id. */
  async wipe(): Promise<void> {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
    await this.start();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

class EtcdExited extends Error {
  override readonly name = 'EtcdExited';
}

/** Real etcd on free ports of loopback, in a temporary directory. `close` ends the processes and removes the data. */
export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  private readonly directory: string;
  private readonly certificates: Certificates | undefined;

  constructor(members: readonly EtcdMember[], directory: string, options: EtcdOptions) {
    this.members = members;
    this.directory = directory;
    this.certificates = options.certificates;
  }

  get endpoints(): readonly string[] {
    return this.members.map((member) => member.endpoint);
  }

  get first(): EtcdMember {
    return this.member(0);
  }

  member(index: number): EtcdMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no member ${index}`);
    return member;
  }

  /** Runs etcdctl against the cluster; `as` names a client certificate. Resolves with its output. */
  async ctl(args: readonly string[], as?: string): Promise<string> {
    const tls =
      this.certificates === undefined || as === undefined
        ? []
        : [
            ...['--cacert', this.certificates.caFile],
            ...['--cert', this.certificates.client(as).certFile],
            ...['--key', this.certificates.client(as).keyFile],
          ];
    const { stdout } = await run(
      'etcdctl',
      ['--endpoints', this.endpoints.join(','), ...tls, ...args],
      { env: { PATH: process.env['PATH'], ETCDCTL_API: '3' } },
    );
    return stdout;
  }

  /** Nothing passes between this member and the others. */
  isolate(isolated: EtcdMember): void {
    for (const member of this.members) {
      if (member === isolated) member.peerProxy?.hold();
      else member.peerProxy?.hold(String(isolated.pid));
    }
  }

  /** The held connections are cut: what a healed network brings back is new connections. */
  heal(): void {
    for (const { peerProxy } of this.members) {
      peerProxy?.release();
      peerProxy?.cut();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const { peerProxy } of this.members) await peerProxy?.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Resolves when all members are healthy. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const cluster = await prepare(options);
    try {
      for (const member of cluster.members) member.launch();
      for (const member of cluster.members) await member.healthy();
      return cluster;
    } catch (err) {
      await cluster.close();
      // A port that was free may have been taken by somebody in between.
      if (attempt >= STARTS_MAX) throw err;
    }
  }
}

async function prepare(options: EtcdOptions): Promise<EtcdCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'nap-etcd-'));
  const count = options.members ?? 1;
  const free = await freePorts(count * 3);
  const ports = Array.from({ length: count }, (_, index) => ({
    client: free[index * 3] ?? 0,
    peer: free[index * 3 + 1] ?? 0,
    metrics: free[index * 3 + 2] ?? 0,
  }));
  const owners = (remotePort: number): string => ownerOf(remotePort, members);
  const proxies: TcpProxy[] = [];
  for (const { peer } of count > 1 ? ports : []) {
    proxies.push(await TcpProxy.open(peer, { identify: owners }));
  }
  const peerUrls = ports.map(
    ({ peer }, index) => `http://127.0.0.1:${proxies[index]?.port ?? peer}`,
  );
  const members: readonly EtcdMember[] = ports.map((own, index) => {
    const dataDir = join(directory, `member-${index}`);
    return new EtcdMember({
      name: `m${index}`,
      scheme: schemeOf(options),
      ports: own,
      dataDir,
      peerProxy: proxies[index],
      args: flagsOf(options, { index, ports: own, dataDir, peerUrls }),
    });
  });
  return new EtcdCluster(members, directory, options);
}

function schemeOf(options: EtcdOptions): string {
  return options.certificates === undefined ? 'http' : 'https';
}

function flagsOf(
  options: EtcdOptions,
  member: {
    readonly index: number;
    readonly ports: MemberPorts;
    readonly dataDir: string;
    readonly peerUrls: readonly string[];
  },
): readonly string[] {
  const { ports, peerUrls, index } = member;
  const clientUrl = `${schemeOf(options)}://127.0.0.1:${ports.client}`;
  // One member elects itself at once; three on a busy machine need more patience, or they elect all the time.
  const [heartbeatMs, electionMs] = peerUrls.length === 1 ? [10, 50] : [50, 500];
  const tls =
    options.certificates === undefined
      ? []
      : [
          ...['--cert-file', options.certificates.server.certFile],
          ...['--key-file', options.certificates.server.keyFile],
          ...['--trusted-ca-file', options.certificates.caFile, '--client-cert-auth'],
        ];
  return [
    ...['--name', `m${index}`, '--data-dir', member.dataDir],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', `http://127.0.0.1:${ports.peer}`],
    ...['--initial-advertise-peer-urls', peerUrls[index] ?? ''],
    ...['--initial-cluster', peerUrls.map((url, at) => `m${at}=${url}`).join(',')],
    ...['--listen-metrics-urls', `http://127.0.0.1:${ports.metrics}`],
    ...['--heartbeat-interval', String(heartbeatMs), '--election-timeout', String(electionMs)],
    ...['--log-level', 'warn', '--logger', 'zap'],
    ...tls,
    ...(options.flags ?? []),
  ];
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The pid of the member whose socket has this local port, as text; empty when it is none of them. */
function ownerOf(port: number, members: readonly EtcdMember[]): string {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((text) => text.trim().split(/\s+/)[1]?.endsWith(`:${hexPort}`));
  const inode = line?.trim().split(/\s+/)[9];
  if (inode === undefined) return '';
  const owner = members.find(({ pid }) => pid !== undefined && hasSocket(pid, inode));
  return String(owner?.pid ?? '');
}

function areThreadsStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).every((task) => {
    const stat = readFileSync(join(tasks, task, 'stat'), 'utf8');
    // The state follows the name, which is in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

function hasSocket(pid: number, inode: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some(
      (fd) => readlinkIfOpen(join(directory, fd)) === `socket:[${inode}]`,
    );
  } catch (err) {
    if (isGone(err)) return false;
    throw err;
  }
}

function readlinkIfOpen(path: string): string {
  try {
    return readlinkSync(path);
  } catch (err) {
    if (isGone(err)) return '';
    throw err;
  }
}

/** A process ends and its files close while we look. No `instanceof`: under jest these errors are of another realm. */
function isGone(err: unknown): boolean {
  const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES';
}
