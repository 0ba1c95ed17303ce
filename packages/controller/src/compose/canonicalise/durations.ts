import { mustBe, rejected, type Shape } from '../shape.js';
import { replaced } from '../merge.js';
import { count } from './scalars.js';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86_400e9,
  w: 604_800e9,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/gy;

/** Nanoseconds of a Go duration such as `1m30s`; undefined when it is none. `d` and `w` are Compose's additions. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-');
  const parts = text.replace(/^[-+]/, '');
  if (parts === '0') return 0;
  let total = 0;
  let end = 0;
  for (const match of parts.matchAll(PART)) {
    total += Number(match[1]) * (NANOSECONDS[match[2] ?? ''] ?? 0);
    end = match.index + match[0].length;
  }
  if (parts === '' || end !== parts.length || total > Number.MAX_SAFE_INTEGER * 1000)
    return undefined;
  return (negative ? -1 : 1) * Math.round(total);
}

/** Nanoseconds as Go prints them: `1m30s`, `500ms`, `1h0m0s`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const total = Math.abs(nanoseconds);
  if (total < 1e3) return `${sign}${total}ns`;
  if (total < 1e6) return `${sign}${total / 1e3}µs`;
  if (total < 1e9) return `${sign}${total / 1e6}ms`;
  const hours = Math.floor(total / 3600e9);
  const minutes = Math.floor((total % 3600e9) / 60e9);
  const seconds = (total % 60e9) / 1e9;
  const hoursText = hours > 0 ? `${hours}h` : '';
  const minutesText = hours > 0 || minutes > 0 ? `${minutes}m` : '';
  return `${sign}${hoursText}${minutesText}${seconds}s`;
}

/** Milliseconds of a canonical duration. */
export function durationMs(text: string): number {
  return (parseDuration(text) ?? 0) / 1e6;
}

export const duration: Shape = {
  kind: 'duration',
  merge: replaced,
  read: (node, path, context) => {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      return mustBe('a duration such as "10s"', node, path, context);
    }
    const nanoseconds = parseDuration(node.value);
    if (nanoseconds === undefined) {
      return rejected(
        node,
        path,
        context,
        `"${node.value}" is not a duration`,
        'a duration is numbers with units, such as 10s, 1m30s or 500ms',
      );
    }
    if (nanoseconds < 0) return rejected(node, path, context, 'a duration cannot be negative');
    return { ...node, value: formatDuration(nanoseconds) };
  },
};

/** A part of a scheduling period: a number of microseconds, or a duration. Canonical: the number. */
export const microseconds: Shape = {
  kind: 'microseconds or duration',
  merge: replaced,
  read: (node, path, context) => {
    if (node.kind === 'scalar' && typeof node.value === 'string' && !/^\d+$/.test(node.value)) {
      const read = duration.read(node, path, context);
      if (read.kind !== 'scalar') return read;
      return { ...read, value: Math.round(durationMs(String(read.value)) * 1000) };
    }
    return count.read(node, path, context);
  },
};
