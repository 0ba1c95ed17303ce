import {
  keys,
  parseKey,
  placementCodec,
  type HostId,
  type InstanceId,
  type Placement,
} from '@nap/shared';
import type { MemoryEtcd } from '@nap/shared/testing';

interface Since<T> {
  readonly atMs: number;
  readonly value: T;
}

/** What etcd has said, and when: what a host could know at some time is judged by it. */
export class History {
  private readonly placements = new Map<string, Since<Placement | undefined>[]>();
  private readonly headers = new Map<HostId, Since<boolean>[]>();
  private readonly nowMs: () => number;

  constructor(etcd: MemoryEtcd, nowMs: () => number, onChange: (line: string) => void) {
    this.nowMs = nowMs;
    etcd.watch((changes) => {
      for (const [key, entry] of changes) {
        this.note(key, entry?.value);
        if (!key.startsWith('checks/')) onChange(`${entry === undefined ? 'del' : 'put'} ${key}`);
      }
    });
  }

  /** Everything that the placement of an instance on a host was since then; undefined: there was none. */
  placementsSince(
    host: HostId,
    instance: InstanceId,
    sinceMs: number,
  ): readonly (Placement | undefined)[] {
    return since(this.placements.get(keys.placement(host, instance)) ?? [], sinceMs);
  }

  /** When a host's placement of an instance first asked for this restart. */
  restartAskedMs(host: HostId, instance: InstanceId, askedAtMs: number): number {
    const all = this.placements.get(keys.placement(host, instance)) ?? [];
    return all.find(({ value }) => value?.restart?.askedAtMs === askedAtMs)?.atMs ?? -Infinity;
  }

  hadHeaderSince(host: HostId, sinceMs: number): boolean {
    return since(this.headers.get(host) ?? [], sinceMs).includes(true);
  }

  /** All placements that an instance ever had on a host, the newest first. */
  everPlaced(host: HostId, instance: InstanceId): readonly Placement[] {
    const all = this.placements.get(keys.placement(host, instance)) ?? [];
    return all.flatMap(({ value }) => value ?? []).reverse();
  }

  /** Whether a placement on the host has ever asked for this volume to be removed. */
  askedToRemove(host: HostId, volume: string): boolean {
    return [...this.placements.values()].flat().some(({ value }) => {
      if (value?.host !== host || value.removeVolumes !== true) return false;
      return value.spec.mounts.some((it) => it.type === 'volume' && it.name === volume);
    });
  }

  private note(key: string, value: string | undefined): void {
    const parsed = parseKey(key);
    const atMs = this.nowMs();
    if (parsed?.kind === 'placement') {
      const placement = value === undefined ? undefined : placementCodec.decode(value, key);
      push(this.placements, keys.placement(parsed.host, parsed.instance), {
        atMs,
        value: placement,
      });
    }
    if (parsed?.kind === 'placementHeader') {
      push(this.headers, parsed.host, { atMs, value: value !== undefined });
    }
  }
}

function push<K, T>(map: Map<K, Since<T>[]>, key: K, entry: Since<T>): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

/** The value at that time and all later ones; before the first there is none. */
function since<T>(list: readonly Since<T>[], sinceMs: number): readonly (T | undefined)[] {
  const before = list.filter(({ atMs }) => atMs <= sinceMs).at(-1);
  const after = list.filter(({ atMs }) => atMs > sinceMs);
  return [before?.value, ...after.map(({ value }) => value)];
}
