import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Lab, RunningProcess } from '@nap/lab';
import type { ProjectId, Variant, Wish } from './actions.js';
import type { ChaosLog } from './log.js';
import { composeText } from './projects.js';

/** Two daemons, and people who type commands whatever happens. */

const WAIT_S = 60;
const COMMAND_TIMEOUT_MS = 180_000;
/** A bug in nap: see docs/exit-codes.md. */
const BUG = 1;
const KEPT_CHARS = 2_000;

export interface CommandResult {
  readonly code: number;
  readonly said: string;
}

export class Operators {
  private readonly lab: Lab;
  private readonly log: ChaosLog;
  private readonly directory: string;
  private readonly daemons: (RunningProcess | undefined)[] = [undefined, undefined];
  private readonly busy = new Set<Promise<void>>();
  /** Commands that ended with a bug. */
  readonly bugs: string[] = [];

  constructor(lab: Lab, log: ChaosLog, directory: string) {
    this.lab = lab;
    this.log = log;
    this.directory = directory;
  }

  async startDaemon(at: 0 | 1): Promise<void> {
    if (this.daemons[at] !== undefined) return;
    const daemon = await this.lab.spawn('operator', ['nap-controller', 'serve']);
    const file = createWriteStream(join(this.directory, `daemon-${at}.log`), { flags: 'a' });
    daemon.stdout.pipe(file, { end: false });
    daemon.stderr.pipe(file, { end: false });
    this.daemons[at] = daemon;
    void daemon.exited.then((code) => {
      if (this.daemons[at] !== daemon) return;
      this.bugs.push(`daemon ${at} has ended by itself, with code ${code}`);
    });
  }

  async killDaemon(at: 0 | 1): Promise<void> {
    const daemon = this.daemons[at];
    this.daemons[at] = undefined;
    await daemon?.stop('SIGKILL');
  }

  async signalDaemon(at: 0 | 1, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.daemons[at]?.signal(signal);
    return Promise.resolve();
  }

  async stopDaemons(): Promise<void> {
    await Promise.all(
      this.daemons.map(async (daemon, at) => {
        this.daemons[at] = undefined;
        daemon?.signal('SIGCONT');
        await daemon?.stop('SIGTERM');
      }),
    );
  }

  /** By name: `daemon 0`. */
  get daemonPids(): ReadonlyMap<string, number> {
    return new Map(
      this.daemons.flatMap((it, at) =>
        it === undefined ? [] : [[`daemon ${at}`, it.pid] as const],
      ),
    );
  }

  /** In the background; `idle` resolves when all of them have ended. */
  wish(wish: Wish): void {
    const work = this.carryOut(wish).catch((err: unknown) => {
      this.log.add('wish failed', { wish, why: String(err) });
    });
    this.busy.add(work);
    void work.finally(() => this.busy.delete(work));
  }

  async idle(): Promise<void> {
    await Promise.all(this.busy);
  }

  async apply(project: ProjectId, variant: Variant, ...flags: string[]): Promise<CommandResult> {
    const words = ['apply', '-f', '-', '-p', project, ...flags];
    return this.nap(words, composeText(project, variant));
  }

  async nap(words: readonly string[], input?: string): Promise<CommandResult> {
    const sinceMs = Date.now();
    this.log.add('command', { words, ...(input === undefined ? {} : { input }) });
    const { code, stdout, stderr } = await this.lab.exec('operator', ['nap-controller', ...words], {
      timeoutMs: COMMAND_TIMEOUT_MS,
      ...(input === undefined ? {} : { input }),
    });
    const said = (stderr + stdout).slice(-KEPT_CHARS);
    this.log.add('command ended', { words, code, tookMs: Date.now() - sinceMs, said });
    if (code === BUG || /^\s+at .*\.js:\d+/m.test(said)) {
      this.bugs.push(`nap-controller ${words.join(' ')} ended with ${code}: ${said}`);
    }
    return { code, said };
  }

  private async carryOut(wish: Wish): Promise<void> {
    const waits = ['--timeout', String(WAIT_S)];
    switch (wish.kind) {
      case 'apply':
        await this.apply(wish.project, wish.variant, ...(wish.waits ? waits : ['--detach']));
        return;
      case 'scale':
        await this.nap(['scale', `web=${wish.web}`, '-p', wish.project, ...waits]);
        return;
      case 'rollback':
      case 'down':
        await this.nap([wish.kind, '-p', wish.project, ...waits]);
        return;
      case 'drain':
        await this.nap(['host', 'drain', wish.host, ...waits]);
        return;
      case 'activate':
      case 'pause':
        await this.nap(['host', wish.kind, wish.host]);
        return;
      case 'restart-agent':
        await this.lab.agent(wish.host, 'restart');
    }
  }
}
