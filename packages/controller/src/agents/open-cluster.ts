import { NapError } from '@nap/shared';
import { readNamed, readStoreOptions, type EtcdFlags } from '@nap/shared/runtime';
import { openStore, type Store } from '@nap/shared/store';
import { readCluster, type Cluster } from './agents.js';
import type { Credentials } from './connect.js';

/** `agentApiFlags`, as they are given. */
export interface AgentApiFlags extends EtcdFlags {
  readonly apiCert?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** Keeps etcd open for a command that looks again. */
export interface OpenCluster {
  readonly store: Store;
  /** The cluster as it is now. */
  read(): Promise<Cluster>;
}

/** What a command is asked with. */
export interface Asking {
  /** Takes what is to be known besides the answer. */
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Opens etcd for one command that asks agents, and closes it whatever happens. */
export async function withCluster<T>(
  { err, signal }: Asking,
  flags: AgentApiFlags,
  work: (cluster: Cluster, open: OpenCluster) => Promise<T>,
): Promise<T> {
  const options = await readStoreOptions(flags);
  const credentials = await readCredentials(flags, options.tls);
  const store = openStore(options);
  try {
    const open = { store, read: () => readCluster(store, credentials, signal) };
    const cluster = await open.read();
    for (const sentence of cluster.view.unreadable) err(`note: ${sentence}`);
    return await work(cluster, open);
  } finally {
    await store.close();
  }
}

async function readCredentials(
  { apiCert, apiKey }: AgentApiFlags,
  etcd: Credentials | undefined,
): Promise<Credentials> {
  if ((apiCert === undefined) !== (apiKey === undefined)) {
    throw new NapError('BAD_CONFIG', '--api-cert and --api-key go together', {
      hint: 'give both or neither',
    });
  }
  if (apiCert === undefined || apiKey === undefined) return { cert: etcd?.cert, key: etcd?.key };
  return { cert: await readNamed('api-cert', apiCert), key: await readNamed('api-key', apiKey) };
}
