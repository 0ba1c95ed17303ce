import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  makeCertificates,
  startEtcd,
  type Certificates,
  type EtcdCluster,
} from '@nap/shared/testing';
import { systemClock } from '@nap/shared/runtime';
import { programFlags } from '@nap/shared/start';
import {
  startPrivateDockerd,
  type PrivateDockerd,
} from '../../packages/agent/src/testing/private-dockerd.js';

/**
 * Two hosts on one machine: each a dockerd and a real agent, an etcd with TLS for both, and the command line, all of them
 * processes of what was built. No lab: the containers of the two do not reach each other.
 */

const ROOT = join(import.meta.dirname, '../..');
const AGENT = join(ROOT, 'packages/agent/dist/main.js');
export const CONTROLLER = join(ROOT, 'packages/controller/dist/main.js');
const NODE = [process.execPath, '--disable-warning=DEP0123'] as const;
const LOOK_EVERY_MS = 50;

export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out(): string;
  err(): string;
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const untilMs = systemClock.monotonicMs() + ms;
  while (!(await holds())) {
    if (systemClock.monotonicMs() > untilMs) throw new Error(`not in time: ${what}`);
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

class Host {
  readonly name: string;
  readonly dockerd: PrivateDockerd;
  private agent: ChildProcess | undefined;
  private readonly bed: Bed;

  constructor(name: string, dockerd: PrivateDockerd, bed: Bed) {
    this.name = name;
    this.dockerd = dockerd;
    this.bed = bed;
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  startAgent(...flags: readonly string[]): void {
    const { dockerd, name } = this;
    const { dir, socket, pidFile } = dockerd;
    const log = openSync(this.logFile, 'a');
    this.agent = spawn(
      NODE[0],
      [
        ...[
          ...programFlags(dirname(AGENT)),
          AGENT,
          'run',
          '--host',
          name,
          '--address',
          '127.0.0.1',
          '--api-port',
          '0',
        ],
        ...['--docker-socket', socket, '--docker-pid-file', pidFile, '--docker-config', dir],
        ...['--state-dir', join(dir, 'state'), '--run-dir', join(dir, 'run')],
        ...['--subnet-file', join(dir, 'subnet.env'), ...this.bed.etcdFlags(name), ...flags],
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
  }

  get pid(): number | undefined {
    return this.agent?.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.agent?.kill(signal);
  }

  async stopAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { agent } = this;
    if (agent?.exitCode !== null || agent.signalCode !== null) return;
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill(signal);
    await ended;
  }

  private get logFile(): string {
    return join(this.dockerd.dir, 'agent.log');
  }
}

export class Bed {
  readonly dir: string;
  readonly certificates: Certificates;
  readonly etcd: EtcdCluster;
  readonly hosts: Host[] = [];

  private constructor(dir: string, certificates: Certificates, etcd: EtcdCluster) {
    this.dir = dir;
    this.certificates = certificates;
    this.etcd = etcd;
  }

  static async open(...names: readonly string[]): Promise<Bed> {
    const dir = await mkdtemp(join(tmpdir(), 'nap-agents-'));
    const certificates = await makeCertificates(dir, ['operator', ...names]);
    const bed = new Bed(dir, certificates, await startEtcd({ certificates }));
    try {
      for (const name of names) {
        const dockerd = await startPrivateDockerd();
        const host = new Host(name, dockerd, bed);
        bed.hosts.push(host);
        await dockerd.makeImage('box');
        host.startAgent();
      }
      await until('all hosts are there', async () => {
        const { out } = await bed.nap('host', 'ls', '--format', 'jsonl');
        return names.every((name) => out.includes(`"host":"${name}","state":"active"`));
      });
    } catch (err) {
      await bed.close();
      throw err;
    }
    return bed;
  }

  host(at: number): Host {
    const host = this.hosts[at];
    if (host === undefined) throw new RangeError(`no host ${at}`);
    return host;
  }

  etcdFlags(user: string): readonly string[] {
    const { caFile } = this.certificates;
    const { certFile, keyFile } = this.certificates.client(user);
    return [
      ...['--etcd', this.etcd.endpoints.join(','), '--etcd-ca', caFile],
      ...['--etcd-cert', certFile, '--etcd-key', keyFile],
    ];
  }

  /** In the environment, so that a command line stays readable. */
  get environment(): NodeJS.ProcessEnv {
    const { certFile, keyFile } = this.certificates.client('operator');
    return {
      PATH: process.env['PATH'],
      HOME: this.dir,
      NAP_ETCD: this.etcd.endpoints.join(','),
      NAP_ETCD_CA: this.certificates.caFile,
      NAP_ETCD_CERT: certFile,
      NAP_ETCD_KEY: keyFile,
    };
  }

  start(...args: readonly string[]): Running {
    return this.startProgram(NODE[0], [NODE[1], CONTROLLER, ...args]);
  }

  /** What it writes is the caller's to read. */
  startUnread(...args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(NODE[0], [NODE[1], CONTROLLER, ...args], { env: this.environment, cwd: this.dir });
  }

  startProgram(program: string, args: readonly string[]): Running {
    const child = spawn(program, [...args], { env: this.environment, cwd: this.dir });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (exit) => {
        resolve({ exit, out: text(out), err: text(err) });
      });
    });
    return { child, ended, out: () => text(out), err: () => text(err) };
  }

  /** Standard input is empty. */
  nap(...args: readonly string[]): Promise<Ended> {
    const running = this.start(...args);
    running.child.stdin?.end();
    return running.ended;
  }

  /** Throws with what it said. */
  async apply(file: string): Promise<void> {
    const path = join(this.dir, 'compose.yml');
    await writeFile(path, file);
    const { exit, err } = await this.nap('apply', path, '-p', 'shop', '--timeout', '60');
    if (exit !== 0)
      throw new Error(`apply: ${err}\n${this.hosts.map(({ log }) => log).join('\n')}`);
  }

  async close(): Promise<void> {
    for (const host of this.hosts) {
      host.signal('SIGCONT');
      await host.stopAgent('SIGKILL');
      await host.dockerd.stop();
    }
    await this.etcd.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}
