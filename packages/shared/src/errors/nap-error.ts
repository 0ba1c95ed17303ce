import { CODES, type ErrorCode } from './codes.js';

export interface NapErrorOptions {
  /** What to do next, one sentence for a person. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Facts for logs and `--format json`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The world failed: etcd, dockerd, a registry, an operator's request that cannot be met.
 * Gateways translate library errors into it at the boundary; nothing above them tests a status code or message text.
 */
export class NapError extends Error {
  override readonly name = 'NapError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: NapErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return CODES[this.code].retryable;
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }
}

/** True for a NapError, and when codes are given only for those. */
export function isNapError(err: unknown, ...codes: readonly ErrorCode[]): err is NapError {
  return err instanceof NapError && (codes.length === 0 || codes.includes(err.code));
}

/** The text of anything thrown, for a log line or a report. */
export function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
