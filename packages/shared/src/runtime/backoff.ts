export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor?: number;
}

/**
 * Delay before attempt `attempt` (0 is the first retry), in ms: exponential up to `maxMs`, spread by `jitter` in [0, 1)
 * over the upper half so that hosts that failed together do not come back together.
 */
export function backoffMs(attempt: number, jitter: number, options: BackoffOptions): number {
  const full = Math.min(options.maxMs, options.firstMs * (options.factor ?? 2) ** attempt);
  return Math.round(full / 2 + (full / 2) * jitter);
}
