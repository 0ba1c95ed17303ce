import type { Placement } from '@nap/shared';

/** One reading of all placements, at one etcd revision. */
export interface PlacementsReading {
  /** Before and after it was asked for. */
  readonly fromMs: number;
  readonly toMs: number;
  /** By `placementId`. */
  readonly placements: ReadonlyMap<
    string,
    { readonly placement: Placement; readonly revision: string }
  >;
}

export const placementId = (host: string, instance: string): string => `${host}/${instance}`;

/** What etcd has said of placements: what an agent could know at some time is judged by it. */
export class PlacementsLog {
  private readonly readings: PlacementsReading[] = [];

  add(reading: PlacementsReading): void {
    this.readings.push(reading);
  }

  /** Something has been read that is not older. */
  reaches(atMs: number): boolean {
    return (this.readings.at(-1)?.fromMs ?? -Infinity) >= atMs;
  }

  /** The placement that was there all the time between these two, and was not written anew; undefined: there was none, or nobody knows. */
  unchanged(id: string, fromMs: number, toMs: number): Placement | undefined {
    const first = this.readings.findLastIndex((it) => it.toMs <= fromMs);
    const last = this.readings.findIndex((it) => it.fromMs >= toMs);
    if (first === -1 || last === -1) return undefined;
    const found = this.readings.slice(first, last + 1).map((it) => it.placements.get(id));
    const [before] = found;
    return found.every((it) => it !== undefined && it.revision === before?.revision)
      ? before?.placement
      : undefined;
  }
}
