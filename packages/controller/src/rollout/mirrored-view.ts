import type { Mirror, StoredEntry } from '@nap/shared/store';
import { toClusterView, type ClusterView } from '../plan/cluster-view.js';
import { DocumentCache } from '../plan/document-cache.js';

interface Part {
  readonly mirror: Mirror;
  entries: ReadonlyMap<string, StoredEntry> | undefined;
  view: ClusterView;
}

export interface MirroredViewOptions {
  /** What was read before, by whoever reads otherwise too, and forgets what is there no more. Absent: an own one. */
  readonly documents?: DocumentCache;
  /** Of what the mirrors hold, what is looked at. Absent: all. */
  readonly isWanted?: (key: string) => boolean;
}

/**
 * The cluster as these mirrors have it, whose prefixes must not overlap: what has not changed since the last look is not
 * read again, so that a look costs what has changed. Its parts may be of different moments. That is enough to tell whether
 * there is something to do, and not enough to do it: whoever writes reads anew, under the guards of the write.
 */
export class MirroredView {
  readonly #documents: DocumentCache;
  readonly #isOwn: boolean;
  readonly #isWanted: ((key: string) => boolean) | undefined;
  readonly #parts: readonly Part[];

  constructor(mirrors: readonly Mirror[], { documents, isWanted }: MirroredViewOptions = {}) {
    this.#documents = documents ?? new DocumentCache();
    this.#isOwn = documents === undefined;
    this.#isWanted = isWanted;
    this.#parts = mirrors.map((mirror) => ({
      mirror,
      entries: undefined,
      view: toClusterView([]),
    }));
  }

  get view(): ClusterView {
    for (const part of this.#parts) {
      const { entries } = part.mirror;
      if (part.entries === entries) continue;
      part.view = toClusterView(this.#wanted(entries), this.#documents);
      part.entries = entries;
    }
    if (this.#isOwn) this.forget();
    return this.#parts.map(({ view }) => view).reduce(together);
  }

  #wanted(entries: ReadonlyMap<string, StoredEntry>): Iterable<StoredEntry> {
    const isWanted = this.#isWanted;
    if (isWanted === undefined) return entries.values();
    return [...entries.values()].filter(({ key }) => isWanted(key));
  }

  /**
   * Drops the documents that none of these mirrors has any more. Once in a while: going through all of them costs as much as
   * reading them.
   */
  forget(): void {
    const all = this.#parts.map(({ mirror }) => mirror.entries);
    const count = all.reduce((sum, { size }) => sum + size, 0);
    if (this.#documents.size <= 2 * count + 100) return;
    this.#documents.keepOnly((key) => all.some((entries) => entries.has(key)));
  }
}

/** Two views of different prefixes: what one has, the other has not. */
function together(a: ClusterView, b: ClusterView): ClusterView {
  const larger = <K, V>(one: ReadonlyMap<K, V>, other: ReadonlyMap<K, V>): ReadonlyMap<K, V> =>
    one.size > 0 ? one : other;
  return {
    cluster: a.cluster ?? b.cluster,
    hosts: larger(a.hosts, b.hosts),
    projects: larger(a.projects, b.projects),
    rollouts: larger(a.rollouts, b.rollouts),
    history: larger(a.history, b.history),
    // The same list as long as nothing has changed in it: what planners have made of it is found again.
    placements: a.placements.length > 0 ? a.placements : b.placements,
    headers: larger(a.headers, b.headers),
    reports: larger(a.reports, b.reports),
    names: larger(a.names, b.names),
    volumes: larger(a.volumes, b.volumes),
    checks: larger(a.checks, b.checks),
    keptTexts: larger(a.keptTexts, b.keptTexts),
    unreadable: [...a.unreadable, ...b.unreadable],
  };
}
