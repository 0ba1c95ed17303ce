import { parseKey, placementCodec, type Placement } from '@nap/shared';
import type { Mirror, Store, StoredEntry } from '@nap/shared/store';
import type { DockerPort } from '@nap/agent/testing';
import type { Seams } from './sim-host.js';

/**
 * Agents that are broken on purpose, each against one rule of the design. The simulator has to notice every one of them:
 * that is how we know that it can fail.
 */
export const MUTANTS: Readonly<Record<string, Seams>> = {
  'takes an etcd that is out of reach for one that wants nothing': {
    store: (store) => withMirrors(store, (mirror) => new ForgetfulMirror(mirror)),
  },
  'starts without minding what an instance depends on': {
    store: (store) => withPlacements(store, (placement) => ({ ...placement, dependencies: [] })),
  },
  'runs on when it is cut off although that is forbidden': {
    store: (store) => withPlacements(store, ({ stopAfterMs: _stop, ...placement }) => placement),
  },
  'removes volumes together with containers': {
    docker: (docker) => ({
      ...docker,
      remove: async (container) => {
        const volumes = (await docker.inspect(container))?.volumes ?? [];
        await docker.remove(container);
        for (const { name } of volumes) await docker.removeVolume(name).catch(() => undefined);
      },
    }),
  },
  'cleans up containers that it does not know': {
    docker: (docker) => ({ ...docker, list: () => listAndClean(docker) }),
  },
  'forgets to write reports': {
    store: (store) => withoutWrites(store, 'report'),
  },
  'forgets to publish names': {
    store: (store) => withoutWrites(store, 'name'),
  },
};

async function listAndClean(docker: DockerPort): ReturnType<DockerPort['list']> {
  const listed = await docker.list();
  for (const { id, isOurs } of listed) if (!isOurs) await docker.remove(id);
  return listed.filter(({ isOurs }) => isOurs);
}

/** The same store with other mirrors; methods of a class do not survive a spread. */
function withMirrors(store: Store, change: (mirror: Mirror) => Mirror): Store {
  const mirror = (prefix: string): Mirror =>
    prefix.startsWith('placements/') ? change(store.mirror(prefix)) : store.mirror(prefix);
  return new Proxy(store, {
    get: (target, name) => (name === 'mirror' ? mirror : bound(target, name)),
  });
}

function withPlacements(store: Store, change: (placement: Placement) => Placement): Store {
  return withMirrors(store, (mirror) => new ChangedMirror(mirror, change));
}

function withoutWrites(store: Store, kind: 'report' | 'name'): Store {
  const commit: Store['commit'] = (writes, options) =>
    store.commit(
      writes.filter(({ key }) => parseKey(key)?.kind !== kind),
      options,
    );
  return new Proxy(store, {
    get: (target, name) => (name === 'commit' ? commit : bound(target, name)),
  });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

class PassedMirror implements Mirror {
  protected readonly inner: Mirror;

  constructor(inner: Mirror) {
    this.inner = inner;
  }

  get prefix(): string {
    return this.inner.prefix;
  }

  get revision(): bigint {
    return this.inner.revision;
  }

  get problem(): Mirror['problem'] {
    return this.inner.problem;
  }

  get entries(): Mirror['entries'] {
    return this.inner.entries;
  }

  get isFresh(): boolean {
    return this.inner.isFresh;
  }

  onChange(callback: () => void): () => void {
    return this.inner.onChange(callback);
  }

  whenFresh(signal?: AbortSignal): Promise<void> {
    return this.inner.whenFresh(signal);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** While it is stale it shows nothing but the header, and calls itself fresh. */
class ForgetfulMirror extends PassedMirror {
  private shown:
    { readonly of: Mirror['entries']; readonly entries: Mirror['entries'] } | undefined;

  override get entries(): Mirror['entries'] {
    const { entries } = this.inner;
    if (this.inner.isFresh) return entries;
    if (this.shown?.of !== entries) {
      const header = [...entries].filter(([key]) => parseKey(key)?.kind === 'placementHeader');
      this.shown = { of: entries, entries: new Map(header) };
    }
    return this.shown.entries;
  }

  override get isFresh(): boolean {
    return true;
  }
}

class ChangedMirror extends PassedMirror {
  private readonly change: (placement: Placement) => Placement;
  private shown:
    { readonly of: Mirror['entries']; readonly entries: Mirror['entries'] } | undefined;

  constructor(inner: Mirror, change: (placement: Placement) => Placement) {
    super(inner);
    this.change = change;
  }

  override get entries(): Mirror['entries'] {
    const { entries } = this.inner;
    if (this.shown?.of !== entries) {
      const changed = [...entries].map(([key, entry]) => [key, this.changed(key, entry)] as const);
      this.shown = { of: entries, entries: new Map(changed) };
    }
    return this.shown.entries;
  }

  private changed(key: string, entry: StoredEntry): StoredEntry {
    if (parseKey(key)?.kind !== 'placement') return entry;
    const placement = placementCodec.decode(entry.value, key);
    return { ...entry, value: placementCodec.encode(this.change(placement)) };
  }
}
