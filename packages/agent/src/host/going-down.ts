import { execFile } from 'node:child_process';
import type { HostInfo } from '@nap/shared';

export type GoingDown = NonNullable<HostInfo['goingDown']>['kind'];

/** What a command of systemd prints, whatever its exit code; empty where there is none. */
export type Ask = (program: string, args: readonly string[]) => Promise<string>;

const DEADLINE_MS = 2_000;

/** By systemd's own word: the whole machine goes down, not only this agent. Undefined: it does not, or nobody knows. */
export async function goingDown(ask: Ask = askProgram): Promise<GoingDown | undefined> {
  // It exits with 1 for every state but `running`, so only what it prints counts.
  const state = await ask('systemctl', ['is-system-running']);
  if (state.trim() !== 'stopping') return undefined;
  const jobs = await ask('systemctl', ['list-jobs', '--no-legend', '--plain']);
  return /\b(reboot|kexec|soft-reboot)\.target\b/.test(jobs) ? 'reboot' : 'off';
}

function askProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: DEADLINE_MS }, (_err, stdout) => {
      resolve(stdout);
    });
  });
}
