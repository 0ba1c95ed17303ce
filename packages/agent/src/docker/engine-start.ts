import { readFile, stat } from 'node:fs/promises';

/** A start of the engine. */
export interface EngineStart {
  /** By the clock of that time: a run that began before and is over now may have been interrupted by it. */
  readonly atMs: number;
  /** No two starts have the same one, however the clock was set in between. */
  readonly life: string;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** The pid file is written at every start; without one the start of the host (of PID 1) is a lower bound. */
export async function engineStart(pidFile: string): Promise<EngineStart> {
  const writtenAtMs = await changedAtMs(pidFile);
  return {
    atMs: writtenAtMs ?? (await changedAtMs('/proc/1')) ?? 0,
    life: `${await bootId()} ${writtenAtMs ?? ''}`,
  };
}

async function changedAtMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // Not there: the next best source is asked.
    return undefined;
  }
}

async function bootId(): Promise<string> {
  try {
    return (await readFile(BOOT_ID, 'utf8')).trim();
  } catch {
    // The pid file alone tells the starts apart, but for what is in it on a host whose clock begins anew at every boot.
    return '';
  }
}
