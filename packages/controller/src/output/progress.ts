import { parseInstanceId } from '@nap/shared';
import type { InstanceProgress } from '../plan/convergence.js';
import { inOneLine } from './one-line.js';

/** Says once what changed: a line for each instance that got on, or whose trouble is another. */
export class ProgressLines {
  readonly #said = new Map<string, string>();

  /** The lines to print now; none when nothing changed. */
  next(progress: readonly InstanceProgress[]): readonly string[] {
    return this.changed(progress).map(lineText);
  }

  /** Those of which something new is to be said. */
  changed(progress: readonly InstanceProgress[]): readonly InstanceProgress[] {
    return progress.filter((instance) => {
      const key = `${instance.instance} ${instance.host}`;
      const text = lineText(instance);
      if (this.#said.get(key) === text) return false;
      this.#said.set(key, text);
      return true;
    });
  }
}

function lineText({ instance, host, phase, state, message }: InstanceProgress): string {
  const parts = parseInstanceId(instance);
  const name = parts === undefined ? instance : `${parts.service}-${parts.index}`;
  const mark = { done: '✔', working: '·', stuck: '✘', away: '?' }[phase];
  const detail = phase === 'done' || message === '' ? '' : `: ${inOneLine(message)}`;
  return `${mark} ${name} on ${host} ${state}${detail}`;
}
