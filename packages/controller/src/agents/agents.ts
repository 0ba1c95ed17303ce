import {
  hostApiCodec,
  isNapError,
  messageOf,
  NapError,
  parseKey,
  type HostApi,
  type HostId,
} from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { toClusterView, VIEW_PREFIXES, type ClusterView } from '../plan/cluster-view.js';
import { AgentClient } from './agent-client.js';
import type { Credentials } from './connect.js';

/** The cluster at one etcd revision, and a way to ask its agents. */
export interface Cluster {
  readonly view: ClusterView;
  readonly agents: Agents;
}

export async function readCluster(
  store: Store,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Cluster> {
  const { entries } = await store.snapshot(VIEW_PREFIXES, signal);
  const apis = new Map<HostId, HostApi>();
  for (const { key, value } of entries.values()) {
    const parsed = parseKey(key);
    if (parsed?.kind === 'hostApi') apis.set(parsed.host, hostApiCodec.decode(value, key));
  }
  return { view: toClusterView(entries.values()), agents: new Agents(apis, credentials) };
}

export class Agents {
  private readonly apis: ReadonlyMap<HostId, HostApi>;
  private readonly credentials: Credentials;

  constructor(apis: ReadonlyMap<HostId, HostApi>, credentials: Credentials) {
    this.apis = apis;
    this.credentials = credentials;
  }

  /** Whether etcd names an API of this host. */
  has(host: HostId): boolean {
    return this.apis.has(host);
  }

  /** Throws AGENT_UNAVAILABLE where etcd names no API of this host. */
  of(host: HostId): AgentClient {
    const api = this.apis.get(host);
    if (api !== undefined) return new AgentClient(host, api, this.credentials);
    throw new NapError('AGENT_UNAVAILABLE', `${host}: its agent answers no operators`, {
      hint: `it was told not to (--no-api), is of an older version or cannot listen: journalctl -u nap-agent on ${host}`,
    });
  }
}

export interface Answer<T> {
  readonly host: HostId;
  readonly value: T;
}

/** Who could not be asked, or did not answer. */
export interface Absence {
  readonly host: HostId;
  readonly error: NapError;
}

export interface Answers<T> {
  readonly answers: readonly Answer<T>[];
  readonly absent: readonly Absence[];
}

/** Asks hosts all at once. Each has its own deadline, that of its call: none waits for another. Throws only what is a bug. */
export async function askHosts<T>(
  agents: Agents,
  hosts: readonly HostId[],
  ask: (client: AgentClient) => Promise<T>,
): Promise<Answers<T>> {
  const answers: Answer<T>[] = [];
  const absent: Absence[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      try {
        answers.push({ host, value: await ask(agents.of(host)) });
      } catch (err) {
        absent.push({ host, error: asNapError(err) });
      }
    }),
  );
  const inOrder = (a: { host: string }, b: { host: string }): number => (a.host < b.host ? -1 : 1);
  return { answers: answers.sort(inOrder), absent: absent.sort(inOrder) };
}

/** A bug is not an absence. */
export function asNapError(err: unknown): NapError {
  if (isNapError(err)) return err;
  throw err instanceof Error ? err : new Error(messageOf(err));
}
