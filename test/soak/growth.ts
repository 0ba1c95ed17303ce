/** Whether something that was measured again and again grows without bound. */

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export interface Growth {
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  /** Of a straight line through what was measured after the warm-up; undefined: too little was. */
  readonly bytesPerHour: number | undefined;
  readonly isUnbounded: boolean;
}

/** Caches fill, code is compiled, the first compaction is still to come. */
const WARM_UP_SHARE = 1 / 3;
const SAMPLES_MIN = 12;
/** What the line may rise by, from the end of the warm-up to the end: heaps breathe. */
const RISE_SHARE = 0.15;
const RISE_BYTES = 6 * 1024 * 1024;
const HOUR_MS = 3_600_000;

export function growthOf(samples: readonly Sample[]): Growth {
  const values = samples.map(({ bytes }) => bytes);
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const line = {
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
    highest: Math.max(0, ...values),
  };
  if (warm.length < SAMPLES_MIN) return { ...line, bytesPerHour: undefined, isUnbounded: false };
  const slope = slopeOf(warm);
  const spanMs = (warm.at(-1)?.atMs ?? 0) - (warm[0]?.atMs ?? 0);
  const allowed = Math.max(RISE_BYTES, RISE_SHARE * mean(warm.map(({ bytes }) => bytes)));
  return { ...line, bytesPerHour: slope * HOUR_MS, isUnbounded: slope * spanMs > allowed };
}

/** Bytes per ms, least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const meanMs = mean(samples.map(({ atMs }) => atMs));
  const meanBytes = mean(samples.map(({ bytes }) => bytes));
  let above = 0;
  let below = 0;
  for (const { atMs, bytes } of samples) {
    above += (atMs - meanMs) * (bytes - meanBytes);
    below += (atMs - meanMs) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
