import { memoryText } from '@nap/shared';
import type { EndedRun } from './exit-cause.js';
import type { Trouble } from './memory.js';
import type { OutOfMemory } from './observed.js';

/** What is told of a program that has ended by itself and should not have. */
export function exitTrouble(run: Omit<EndedRun, 'containerId'>): Trouble {
  const { exitCode, outOfMemory } = run;
  const ended = `the program ended with exit code ${exitCode} after ${spanText(run.finishedAtMs - run.startedAtMs)}`;
  if (outOfMemory === undefined) return { cause: 'exited', message: ended, exitCode };
  const message = `${ended}; it ran out of memory (${limitText(outOfMemory)})`;
  return { cause: 'exited', message, exitCode, outOfMemory: true };
}

const limitText = ({ limitBytes }: OutOfMemory): string =>
  limitBytes === undefined ? 'no limit of its own' : `limit ${memoryText(limitBytes)}`;

function spanText(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
