import { keys, parseKey, placementCodec, reportCodec, type HostId } from '@nap/shared';
import { systemClock } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';

export interface Running {
  /** How many instances there are to be. */
  readonly instances: number;
  /** Hosts that are gone: what is still reported of them does not count. */
  readonly lost?: ReadonlySet<HostId>;
  readonly withinMs: number;
  /** False: their names are enough, which are less to read. */
  readonly isReported?: boolean;
  readonly everyMs?: number;
}

/** Resolves when so many hosts live and have said what they are. */
export async function waitUntilRegistered(
  store: Store,
  hosts: number,
  withinMs: number,
): Promise<void> {
  const endMs = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const kinds = (await store.keys([keys.hosts()])).map((key) => parseKey(key)?.kind);
    const count = (kind: string): number => kinds.filter((it) => it === kind).length;
    const known = Math.min(count('hostInfo'), count('hostSession'));
    if (known >= hosts) return;
    if (systemClock.monotonicMs() > endMs) {
      throw new Error(`${known} of ${hosts} hosts are there after ${withinMs} ms`);
    }
    await systemClock.sleep(100);
  }
}

/** Resolves when so many instances are named and reported running on hosts that are there. Reads keys only, until it may be so. */
export async function waitUntilRunning(store: Store, wanted: Running): Promise<void> {
  const { instances, lost = new Set(), withinMs, isReported = true, everyMs = 250 } = wanted;
  const endMs = systemClock.monotonicMs() + withinMs;
  let found = 0;
  while (systemClock.monotonicMs() < endMs) {
    const named = (await store.keys([keys.names()])).length;
    found = named;
    if (named === instances) {
      if (isReported) found = await countRunning(store, lost);
      if (found === instances) return;
    }
    await systemClock.sleep(everyMs);
  }
  const lacking = (await lackingOf(store, lost)).slice(0, SHOWN_MAX);
  throw new Error(
    [`${found} of ${instances} instances run after ${withinMs} ms; lacking:`, ...lacking].join(
      '\n',
    ),
  );
}

const SHOWN_MAX = 20;

/** What is placed and not named or not reported running, with what is known of it. */
async function lackingOf(store: Store, lost: ReadonlySet<HostId>): Promise<readonly string[]> {
  const { entries } = await store.snapshot([keys.placements(), keys.names(), keys.reports()]);
  return [...entries].flatMap(([key, { value, modRevision }]) => {
    const parsed = parseKey(key);
    if (parsed?.kind !== 'placement') return [];
    const report = entries.get(keys.report(parsed.instance));
    const name = entries.get(keys.name(parsed.instance));
    const said = report && reportCodec.decode(report.value, report.key);
    const isThere = said?.status.state === 'running' && said.host === parsed.host;
    if (isThere && name !== undefined && !lost.has(parsed.host)) return [];
    const { wanted } = placementCodec.decode(value, key);
    const heard = `${name?.value ?? 'no name'}, ${report?.value ?? 'no report'}`;
    return [`${key} of revision ${modRevision}, ${wanted}: ${heard}`];
  });
}

async function countRunning(store: Store, lost: ReadonlySet<HostId>): Promise<number> {
  const { entries } = await store.snapshot([keys.reports()]);
  let count = 0;
  for (const { key, value } of entries.values()) {
    if (parseKey(key)?.kind !== 'report') continue;
    const { status, host } = reportCodec.decode(value, key);
    if (status.state === 'running' && !lost.has(host)) count += 1;
  }
  return count;
}
