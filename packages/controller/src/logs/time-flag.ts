import { NapError } from '@nap/shared';

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const DURATION = /^(\d+(?:\.\d+)?(?:d|h|ms|m|s))+$/;

/**
 * `10m`, `1h30m` (ago), seconds since 1970, or a date as in ISO 8601 → seconds since 1970, as the engine takes them. Throws
 * USAGE.
 */
export function parseTimeFlag(flag: string, text: string, nowMs: number): string {
  if (/^\d+(\.\d{1,9})?$/.test(text)) return text;
  if (DURATION.test(text)) {
    const pieces = [...text.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|m|s)/g)];
    const ms = pieces.reduce((sum, [, n, unit = '']) => sum + Number(n) * (UNIT_MS[unit] ?? 0), 0);
    return ((nowMs - ms) / 1000).toFixed(3);
  }
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(atMs)) return (atMs / 1000).toFixed(3);
  throw new NapError('USAGE', `--${flag}: ${JSON.stringify(text)} is no time`, {
    hint: 'such as 10m, 1h30m, 2026-01-31T08:00:00Z or seconds since 1970',
  });
}
