import type { GoalState } from '../plan/wait-goal.js';

/** Says once of each instance why it is not there yet. */
export class GoalLines {
  readonly #said = new Map<string, string>();

  /** The lines to print now; none when nothing changed. */
  next({ lacking }: GoalState): readonly string[] {
    return lacking.flatMap(({ instance, host, message }) => {
      const text = `· ${instance} on ${host}: ${message}`;
      if (this.#said.get(instance) === text) return [];
      this.#said.set(instance, text);
      return [text];
    });
  }
}
