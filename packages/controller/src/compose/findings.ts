import type { Place, Problem } from '@nap/shared';

/** A file with more than this many problems has one problem that the first thousand show well enough. */
const PROBLEMS_MAX = 1000;

/** What a file says may be quoted in full or may fill the screen. */
const MESSAGE_CHARS_MAX = 400;
const PATH_CHARS_MAX = 200;

function clipped(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`;
}

interface Found {
  readonly place: Place | undefined;
  readonly path: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Collects the problems of one load: each once, in the order found. */
export class Findings {
  readonly #problems = new Map<string, Problem>();
  #hasErrors = false;

  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  /** Has an error. */
  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  /** Takes no more: what else is wrong need not be looked for. */
  get isFull(): boolean {
    return this.#problems.size >= PROBLEMS_MAX && this.#hasErrors;
  }

  /** Without a place: it is about the command, not about a file. */
  error(place: Place | undefined, path: string, message: string, hint?: string): void {
    this.#add('error', { place, path, message, hint });
  }

  warning(place: Place | undefined, path: string, message: string, hint?: string): void {
    this.#add('warning', { place, path, message, hint });
  }

  #add(severity: Problem['severity'], { place, path, message, hint }: Found): void {
    const isCrowded = this.#problems.size >= PROBLEMS_MAX;
    // An error is never crowded out by warnings.
    if (isCrowded && (severity === 'warning' || this.#hasErrors)) return;
    if (severity === 'error') this.#hasErrors = true;
    const problem: Problem = {
      severity,
      path: clipped(path, PATH_CHARS_MAX),
      ...(place === undefined ? {} : { place }),
      message: clipped(message, MESSAGE_CHARS_MAX),
      ...(hint === undefined ? {} : { hint: clipped(hint, MESSAGE_CHARS_MAX) }),
    };
    // One place may be read several times (extends, aliases): it is still one problem.
    const key = `${place?.file ?? ''}:${place?.line ?? 0}:${place?.column ?? 0} ${path} ${message}`;
    if (!this.#problems.has(key)) this.#problems.set(key, problem);
  }
}
