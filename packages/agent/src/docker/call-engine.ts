import { NapError } from '@nap/shared';
import { withDeadline } from '@nap/shared/runtime';
import { mapEngineError } from './map-errors.js';

/** Operators wait 15 s for the beginning of an answer: they are to hear of the engine, not of an agent that is silent. */
const CALL_DEADLINE_MS = 12_000;

/** A call to the engine with a deadline until its answer begins. `what`: a verb with its object. Throws NapErrors. */
export async function callEngine<T>(
  what: string,
  request: (signal: AbortSignal) => Promise<T>,
  ms = CALL_DEADLINE_MS,
): Promise<T> {
  const onPassed = (cause: unknown): NapError =>
    new NapError(
      'DOCKER_UNAVAILABLE',
      `cannot ${what}: dockerd has not answered within ${ms / 1000} s`,
      { cause, hint: 'systemctl status docker' },
    );
  try {
    return await withDeadline({ ms, onPassed }, request);
  } catch (err) {
    throw mapEngineError(err, { what });
  }
}
