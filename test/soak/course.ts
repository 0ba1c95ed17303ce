import { growthOf, type Growth, type Sample } from './growth.js';
import type { Measured } from './measure.js';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

/** What a soak has measured so far. */
export class Course {
  commands = 0;
  readonly #samples = new Map<string, Sample[]>();
  #sinceMs: number | undefined;

  add(measured: Measured, atMs: number): void {
    this.#sinceMs ??= atMs;
    for (const [name, bytes] of measured) {
      const list = this.#samples.get(name);
      if (list === undefined) this.#samples.set(name, [{ atMs, bytes }]);
      else list.push({ atMs, bytes });
    }
  }

  get isUnbounded(): boolean {
    return [...this.#samples.values()].some((list) => growthOf(list).isUnbounded);
  }

  /** One line, for whoever looks in after hours: the latest of each. */
  soFar(nowMs: number): string {
    const latest = [...this.#samples].map(
      ([name, list]) => `${name} ${mib(list.at(-1)?.bytes ?? 0)}`,
    );
    const minutes = Math.round((nowMs - (this.#sinceMs ?? nowMs)) / MINUTE_MS);
    return `after ${minutes} min, ${this.commands} commands; MiB: ${latest.join(', ')}`;
  }

  table(): readonly string[] {
    const rows = [...this.#samples].map(([name, list]) => rowText(name, growthOf(list)));
    return [
      `${this.commands} commands`,
      'what, MiB                     first    last highest  per hour',
      ...rows,
    ];
  }
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

function rowText(
  name: string,
  { first, last, highest, bytesPerHour, isUnbounded }: Growth,
): string {
  const cell = (bytes: number): string => mib(bytes).padStart(8);
  const slope = bytesPerHour === undefined ? 'too few'.padStart(9) : ` ${cell(bytesPerHour)}`;
  const numbers = [first, last, highest].map(cell).join('');
  return `${name.padEnd(26)}${numbers}${slope}${isUnbounded ? '  GROWS' : ''}`;
}
