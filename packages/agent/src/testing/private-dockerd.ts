import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nap/shared/runtime';

/** A dockerd of the test's own, in a network namespace of its own; needs root. Everything it makes goes with `stop`. */
export interface PrivateDockerd {
  readonly dir: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly dataRoot: string;
  /** `docker …`; throws with what it said. */
  docker(...args: readonly string[]): string;
  /** Starts another program in the engine's network namespace; it ends with the engine. */
  startBeside(program: string, ...args: readonly string[]): void;
  /** A static busybox under the name. */
  makeImage(name: string, ...changes: readonly string[]): Promise<void>;
  /** Ends the engine, by SIGTERM or at once; containers end with it. */
  halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  boot(): Promise<void>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;

export const canRunDockerd = (): boolean =>
  process.getuid?.() === 0 && existsSync('/usr/sbin/dockerd') && existsSync('/bin/busybox');

export async function startPrivateDockerd(): Promise<PrivateDockerd> {
  const dir = await mkdtemp(join(tmpdir(), 'nap-dockerd-'));
  const dockerd = new Dockerd(dir, `napt${process.pid}x${dir.slice(-4).toLowerCase()}`);
  await dockerd.open();
  return dockerd;
}

function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}

async function until(what: string, isReady: () => boolean): Promise<void> {
  const untilMs = systemClock.monotonicMs() + READY_WITHIN_MS;
  while (!isReady()) {
    if (systemClock.monotonicMs() > untilMs) {
      throw new Error(`${what} was not ready within ${READY_WITHIN_MS / 1000} s`);
    }
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

class Dockerd implements PrivateDockerd {
  readonly dir: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly dataRoot: string;
  private readonly netns: string;
  private process: ChildProcess | undefined;
  private readonly beside: ChildProcess[] = [];
  private containerd: ChildProcess | undefined;

  constructor(dir: string, netns: string) {
    this.dir = dir;
    this.netns = netns;
    this.socket = join(dir, 'docker.sock');
    this.pidFile = join(dir, 'docker.pid');
    this.dataRoot = join(dir, 'data');
  }

  async open(): Promise<void> {
    command('ip', 'netns', 'add', this.netns);
    command('ip', '-n', this.netns, 'link', 'set', 'lo', 'up');
    try {
      await this.startContainerd();
      await this.boot();
    } catch (err) {
      await this.stop();
      throw err;
    }
  }

  docker(...args: readonly string[]): string {
    return command('docker', '-H', `unix://${this.socket}`, ...args);
  }

  startBeside(program: string, ...args: readonly string[]): void {
    this.beside.push(
      spawn('nsenter', [`--net=/run/netns/${this.netns}`, program, ...args], { stdio: 'ignore' }),
    );
  }

  async makeImage(name: string, ...changes: readonly string[]): Promise<void> {
    const root = join(this.dir, 'rootfs');
    await mkdir(join(root, 'bin'), { recursive: true });
    await mkdir(join(root, 'tmp'), { recursive: true });
    await copyFile('/bin/busybox', join(root, 'bin/busybox'));
    await chmod(join(root, 'bin/busybox'), 0o755);
    for (const applet of ['sh', 'sleep', 'cat', 'true', 'false', 'echo', 'httpd', 'grep', 'kill']) {
      await symlink('busybox', join(root, 'bin', applet)).catch(() => undefined);
    }
    const archive = join(this.dir, 'rootfs.tar');
    command('tar', '-C', root, '-cf', archive, '.');
    const flags = changes.flatMap((change) => ['--change', change]);
    this.docker('import', ...flags, archive, name);
  }

  async boot(): Promise<void> {
    const log = openSync(join(this.dir, 'dockerd.log'), 'a');
    // Not `ip netns exec`: that mounts a new /sys, without the control groups that dockerd needs.
    const child = spawn('nsenter', [`--net=/run/netns/${this.netns}`, 'dockerd', ...this.flags()], {
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    this.process = child;
    await until('dockerd', () => {
      if (child.exitCode !== null) throw new Error(`dockerd ended with code ${child.exitCode}`);
      return spawnSync('docker', ['-H', `unix://${this.socket}`, 'version']).status === 0;
    });
  }

  async halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await end(this.process, signal);
  }

  async stop(): Promise<void> {
    if (this.process !== undefined && existsSync(this.socket)) {
      spawnSync('sh', [
        '-c',
        `docker -H unix://${this.socket} ps -q | xargs -r docker -H unix://${this.socket} kill`,
      ]);
    }
    await this.halt('SIGTERM');
    for (const child of this.beside) await end(child, 'SIGTERM');
    await end(this.containerd, 'SIGTERM');
    this.endShims();
    command('ip', 'netns', 'delete', this.netns);
    await this.unmountAll();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** As on a real host, where containerd is a service of its own and survives a dockerd that is killed. */
  private async startContainerd(): Promise<void> {
    const socket = this.containerdSocket;
    this.containerd = spawn(
      'containerd',
      [
        ...['--root', join(this.dir, 'containerd'), '--state', join(this.dir, 'containerd-state')],
        ...['--address', socket, '--log-level', 'error'],
      ],
      { stdio: 'ignore' },
    );
    await until('containerd', () => existsSync(socket));
  }

  private get containerdSocket(): string {
    return join(this.dir, 'containerd.sock');
  }

  /** Shims outlive their containerd: they are found by its address, which is in this test's own directory. */
  private endShims(): void {
    const { stdout } = spawnSync('pgrep', ['-f', `-address ${this.containerdSocket}`], {
      encoding: 'utf8',
    });
    for (const shim of stdout.split('\n').filter(Boolean)) {
      const children = spawnSync('pgrep', ['-P', shim], { encoding: 'utf8' }).stdout;
      for (const pid of [...children.split('\n').filter(Boolean), shim]) {
        spawnSync('kill', ['-9', pid]);
      }
    }
  }

  private async unmountAll(): Promise<void> {
    const mounts = (await readFile('/proc/mounts', 'utf8'))
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => path.startsWith(`${this.dir}/`));
    for (const path of mounts.reverse()) spawnSync('umount', ['--lazy', path]);
  }

  private flags(): readonly string[] {
    return [
      `--host=unix://${this.socket}`,
      `--data-root=${this.dataRoot}`,
      `--exec-root=${join(this.dir, 'exec')}`,
      `--pidfile=${this.pidFile}`,
      `--containerd=${this.containerdSocket}`,
      '--iptables=false',
      '--ip-masq=false',
      '--shutdown-timeout=2',
    ];
  }
}
