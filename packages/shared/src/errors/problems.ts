/** Where in the user's input: 1-based line and column, as editors count. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * One thing wrong with the user's input. Problems are collected and shown all at once, never thrown one by one.
 * An error stops the command; a warning is printed and the work goes on.
 */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Path of the key in the merged model, such as `services.web.ports[0]`; empty for a whole file. */
  readonly path: string;
  readonly place?: Place;
  readonly message: string;
  /** The way out, such as `did you mean "image"?`. */
  readonly hint?: string;
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}
