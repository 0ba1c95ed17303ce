/** The lab could not do what was asked: what failed, why, and what the person at the keyboard can do about it. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/**
 * True for an error of `node:fs` and friends with this code, e.g. `ENOENT`. Asks no `instanceof`: under jest the errors of
 * Node.js are of another realm.
 */
export function hasCode(err: unknown, ...codes: readonly string[]): boolean {
  if (typeof err !== 'object' || err === null || !('code' in err)) return false;
  return typeof err.code === 'string' && codes.includes(err.code);
}
