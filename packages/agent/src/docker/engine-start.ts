import { stat } from 'node:fs/promises';

/**
 * When the engine was started: a run that began before and is over now may have been interrupted by its restart. The pid
 * file is written at every start; without one the start of the host (of PID 1) is a lower bound.
 */
export async function engineStartedAtMs(pidFile: string): Promise<number> {
  return (await changedAtMs(pidFile)) ?? (await changedAtMs('/proc/1')) ?? 0;
}

async function changedAtMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // Not there: the next best source is asked.
    return undefined;
  }
}
