import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { processUsage } from './process-usage.js';

const MAIN = resolve('packages/controller/dist/main.js');

/** `nap-controller serve` with its defaults, as a process of its own. */
export class Daemon {
  private readonly child: ChildProcess;

  constructor(endpoints: readonly string[], execArgv: readonly string[]) {
    this.child = spawn(
      process.execPath,
      [...execArgv, MAIN, 'serve', '--etcd', endpoints.join(','), '--log-level', 'error'],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
  }

  /** Of its processors since it began. */
  cpuMs(): number {
    return processUsage(this.child.pid).cpuMs;
  }

  rssBytes(): number {
    return processUsage(this.child.pid).rssBytes;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
