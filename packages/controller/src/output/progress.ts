import { parseInstanceId, withoutOlder } from '@nap/shared';
import type { InstanceProgress } from '../plan/convergence.js';
import { inOneLine } from './one-line.js';

/** Says once what changed: a line for each instance that got on, or whose trouble is another. */
export class ProgressLines {
  readonly #said = new Map<string, string>();
  /** What was last said to be wrong with an instance. */
  readonly #failures = new Map<string, string>();

  /** The lines to print now; none when nothing changed, nor for one more try that fails as the one before did. */
  next(progress: readonly InstanceProgress[]): readonly string[] {
    return this.changed(progress)
      .filter((it) => this.#isNews(it))
      .map(lineText);
  }

  /** Those of which something new is to be said. */
  changed(progress: readonly InstanceProgress[]): readonly InstanceProgress[] {
    return progress.filter((instance) => {
      const key = keyOf(instance);
      const text = lineText(instance);
      if (this.#said.get(key) === text) return false;
      this.#said.set(key, text);
      return true;
    });
  }

  #isNews(progress: InstanceProgress): boolean {
    const { phase, message } = progress;
    const key = keyOf(progress);
    const failure = this.#failures.get(key);
    // A try after a failure tells of that failure, too.
    if (failure !== undefined && message.includes(failure)) return false;
    if (phase === 'stuck' && message !== '') this.#failures.set(key, withoutOlder(message));
    if (phase === 'done') this.#failures.delete(key);
    return true;
  }
}

const keyOf = ({ instance, host }: InstanceProgress): string => `${instance} ${host}`;

function lineText({ instance, host, phase, state, message }: InstanceProgress): string {
  const parts = parseInstanceId(instance);
  const name = parts === undefined ? instance : `${parts.service}-${parts.index}`;
  const mark = { done: '✔', working: '·', stuck: '✘', away: '?' }[phase];
  const detail = phase === 'done' || message === '' ? '' : `: ${inOneLine(message)}`;
  return `${mark} ${name} on ${host} ${state}${detail}`;
}
