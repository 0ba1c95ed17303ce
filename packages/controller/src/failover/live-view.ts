import { keys } from '@nap/shared';
import type { Mirror, Store } from '@nap/shared/store';
import { toClusterView, VIEW_PREFIXES, type ClusterView } from '../plan/cluster-view.js';
import type { DocumentCache } from '../plan/document-cache.js';
import { MirroredView } from '../rollout/mirrored-view.js';

/** All of the cluster, as it is now, for who lives long. */
export class LiveView {
  /** Who is there. */
  readonly hosts: Mirror;
  readonly #mirrors: readonly Mirror[];
  readonly #mirrored: MirroredView;
  readonly #documents: DocumentCache;

  constructor(store: Store, documents: DocumentCache) {
    this.#documents = documents;
    this.hosts = store.mirror(keys.hosts());
    this.#mirrors = VIEW_PREFIXES.map((prefix) =>
      prefix === this.hosts.prefix ? this.hosts : store.mirror(prefix),
    );
    this.#mirrored = new MirroredView(this.#mirrors, { documents });
  }

  /** Every mirror is known to be current. */
  get isFresh(): boolean {
    return this.#mirrors.every(({ isFresh }) => isFresh);
  }

  get view(): ClusterView {
    // Whoever else reads with these documents reads nothing that is not mirrored here.
    this.#mirrored.forget();
    return this.#mirrored.view;
  }

  /** Of the hosts alone, which costs no more than there are of them. */
  get hostsView(): ClusterView {
    return toClusterView(this.hosts.entries.values(), this.#documents);
  }

  /** Calls back when something under one of the prefixes has changed, or whether that is known. */
  onChange(prefixes: readonly string[], callback: () => void): void {
    for (const mirror of this.#mirrors) {
      if (prefixes.includes(mirror.prefix)) mirror.onChange(callback);
    }
  }

  async close(): Promise<void> {
    for (const mirror of this.#mirrors) await mirror.close();
  }
}
