import {
  hostFactsCodec,
  isNapError,
  keys,
  parseKey,
  type HostFacts,
  type HostId,
} from '@nap/shared';
import {
  inspectEtcd,
  openStore,
  type EtcdInspector,
  type Store,
  type StoreOptions,
} from '@nap/shared/store';
import {
  isUnknown,
  type ClockReading,
  type DoctorFacts,
  type FlannelFacts,
  type Unknown,
} from '../doctor/doctor-facts.js';
import { toClusterView, type ClusterView } from '../plan/cluster-view.js';
import { readView } from '../rollout/read-view.js';
import { withMirrors } from '../rollout/with-mirrors.js';

export interface CollectOptions {
  readonly storeOptions: StoreOptions;
  readonly flannelPrefix: string;
  /** How long to wait for readings of the hosts' clocks. */
  readonly listenMs: number;
  readonly version: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Where guides and distributions put flannel's config. */
const OTHER_PREFIXES = ['/coreos.com/network', '/atomic.io/network', '/kube-centos/network'];

/** Whatever can be had, at once; what cannot says why. Throws only when it is interrupted, or for wrong options. */
export async function collectDoctorFacts(options: CollectOptions): Promise<DoctorFacts> {
  const { storeOptions, signal, nowMs, version } = options;
  const store = openStore(storeOptions);
  const etcd = inspectEtcd(storeOptions);
  try {
    const [state, view, hosts, sessions, flannel] = await Promise.all([
      orUnknown(etcd.state(signal)),
      orUnknown(readView(store, signal)),
      orUnknown(readFacts(store, signal)),
      orUnknown(readSessions(etcd, signal)),
      orUnknown(readFlannel(options)),
    ]);
    signal.throwIfAborted();
    const clocks = isUnknown(view)
      ? new Map<HostId, ClockReading>()
      : await readClocks(options, store, view);
    const facts = isUnknown(hosts)
      ? { facts: new Map<HostId, HostFacts>(), unreadable: [] }
      : hosts;
    return {
      ...{ nowMs: nowMs(), version, etcd: state, flannel, clocks },
      view: isUnknown(view)
        ? view
        : { ...view, unreadable: [...view.unreadable, ...facts.unreadable] },
      hosts: facts.facts,
      sessions: isUnknown(sessions) ? new Map() : sessions,
    };
  } finally {
    etcd.close();
    await store.close();
  }
}

/** What failed as the world fails is a fact too. */
async function orUnknown<T extends object>(work: Promise<T>): Promise<T | Unknown> {
  try {
    return await work;
  } catch (err) {
    if (!isNapError(err) || err.code === 'INTERRUPTED' || err.code === 'BAD_CONFIG') throw err;
    return { code: err.code, message: err.message };
  }
}

async function readFacts(
  store: Store,
  signal: AbortSignal,
): Promise<{ facts: ReadonlyMap<HostId, HostFacts>; unreadable: readonly string[] }> {
  const { entries } = await store.snapshot([keys.facts()], signal);
  const facts = new Map<HostId, HostFacts>();
  const unreadable: string[] = [];
  for (const { key, value } of entries.values()) {
    const parsed = parseKey(key);
    if (parsed?.kind !== 'hostFacts') continue;
    try {
      facts.set(parsed.host, hostFactsCodec.decode(value, key));
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      unreadable.push(err.message);
    }
  }
  return { facts, unreadable };
}

async function readSessions(
  etcd: EtcdInspector,
  signal: AbortSignal,
): Promise<DoctorFacts['sessions']> {
  const entries = await etcd.leases(keys.hosts(), signal);
  return new Map(
    entries.flatMap(({ key, lease }) => {
      const parsed = parseKey(key);
      return parsed?.kind === 'hostSession' && lease !== undefined ? [[parsed.host, lease]] : [];
    }),
  );
}

async function readFlannel({
  storeOptions,
  flannelPrefix,
  signal,
}: CollectOptions): Promise<FlannelFacts> {
  const flannel = inspectEtcd({ ...storeOptions, root: flannelPrefix });
  try {
    const [config] = await flannel.leases('config', signal);
    const leases = await flannel.leases('subnets/', signal);
    const isMissing = config === undefined;
    return {
      ...{ prefix: flannelPrefix, config: config?.value, leases },
      oldConfig: isMissing ? await flannel.valueOfOldApi('config') : undefined,
      elsewhere: isMissing ? await configsElsewhere(storeOptions, flannelPrefix, signal) : [],
    };
  } finally {
    flannel.close();
  }
}

async function configsElsewhere(
  storeOptions: StoreOptions,
  own: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await Promise.all(
    OTHER_PREFIXES.filter((prefix) => prefix !== own).map(async (prefix) => {
      const other = inspectEtcd({ ...storeOptions, root: prefix });
      try {
        const entries = await orUnknown(other.leases('config', signal));
        return isUnknown(entries) || entries.length === 0 ? [] : [prefix];
      } finally {
        other.close();
      }
    }),
  );
  return found.flat();
}

/** What stands in etcd; while listening, when each of them is written anew. */
async function readClocks(
  { listenMs, nowMs, signal }: CollectOptions,
  store: Store,
  view: ClusterView,
): Promise<ReadonlyMap<HostId, ClockReading>> {
  const clocks = new Map<HostId, ClockReading>(
    [...view.checks].map(([host, { atMs }]) => [host, { hostMs: atMs, heardAtMs: undefined }]),
  );
  if (listenMs <= 0) return clocks;
  const isAwaited = (host: HostId): boolean =>
    view.hosts.get(host)?.isAlive === true && clocks.get(host)?.heardAtMs === undefined;
  const untilMs = nowMs() + listenMs;
  await withMirrors(store, [keys.checks()], { signal }, async ({ entries, changes }) => {
    while ([...view.hosts.keys()].some(isAwaited)) {
      const leftMs = untilMs - nowMs();
      if (leftMs <= 0) return;
      await changes.next(leftMs, signal);
      const heardAtMs = nowMs();
      for (const [host, { atMs }] of toClusterView(entries()).checks) {
        if (clocks.get(host)?.hostMs === atMs) continue;
        clocks.set(host, { hostMs: atMs, heardAtMs });
      }
    }
  });
  return clocks;
}
