import {
  hostFactsCodec,
  hostInfoCodec,
  isNapError,
  keys,
  type HostFacts,
  type HostId,
} from '@nap/shared';
import { createControlLoop, type Clock, type Component, type Log } from '@nap/shared/runtime';
import type { Store, StoredEntry } from '@nap/shared/store';

export interface FactsParts {
  readonly host: HostId;
  readonly store: Pick<Store, 'snapshot' | 'commit'>;
  /** What can be seen now; `network` is the engine's network of the instances. */
  readonly collect: (network: string) => Promise<HostFacts>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

const LOOK_EVERY_MS = 60_000;
/** Until the agent has chosen one, that of an engine that nobody has touched. */
const DEFAULT_NETWORK = 'bridge';

/** Tells `doctor` what can only be seen on this host: looked at once a minute, written where it is not what etcd has. */
export function factsPublisher(parts: FactsParts): Component {
  const { clock, random, log } = parts;
  const loop = createControlLoop({
    name: 'facts',
    pass: async ({ signal }) => {
      await publish(parts, signal);
      return undefined;
    },
    minSpacingMs: 1_000,
    resyncMs: LOOK_EVERY_MS,
    clock,
    log,
    jitter: random,
    backoff: { firstMs: 1_000, maxMs: LOOK_EVERY_MS },
  });
  return {
    name: 'facts',
    start: (signal) => {
      loop.start(signal);
      return Promise.resolve();
    },
    stop: () => loop.stop(),
  };
}

async function publish({ host, store, collect }: FactsParts, signal: AbortSignal): Promise<void> {
  const key = keys.hostFacts(host);
  const infoKey = keys.hostInfo(host);
  const { entries } = await store.snapshot([key, infoKey], signal);
  const value = hostFactsCodec.encode(await collect(networkIn(entries.get(infoKey))));
  if (entries.get(key)?.value === value) return;
  await store.commit([{ kind: 'put', key, value }], { signal });
}

function networkIn(info: StoredEntry | undefined): string {
  if (info === undefined) return DEFAULT_NETWORK;
  try {
    return hostInfoCodec.decode(info.value, info.key).network;
  } catch (err) {
    // The agent is about to write it anew.
    if (isNapError(err, 'BAD_VALUE')) return DEFAULT_NETWORK;
    throw err;
  }
}
