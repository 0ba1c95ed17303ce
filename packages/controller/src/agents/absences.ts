import { EXIT } from '@nap/shared';
import type { Absence } from './agents.js';
import type { Asking } from './open-cluster.js';

/** Says who did not answer, and is the exit code: what is shown is not all there is. */
export function sayAbsent({ err }: Pick<Asking, 'err'>, absent: readonly Absence[]): number {
  for (const { error } of absent) {
    err(`note: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`);
  }
  if (absent.length === 0) return EXIT.ok;
  const isReached = absent.every(({ error }) => error.exitCode !== EXIT.unreachable);
  return isReached ? (absent[0]?.error.exitCode ?? EXIT.unreachable) : EXIT.unreachable;
}
