import type { MountSpec, ProjectName } from '@nap/shared';
import { itemOf, listOf, mapOf, type Fields, type Tree, type TreeMap } from './tree.js';

type Mount<T extends MountSpec['type']> = MountSpec & { readonly type: T };

const mapOfTexts = (texts: Readonly<Record<string, string>> | undefined): TreeMap | undefined =>
  texts === undefined ? undefined : mapOf(texts);

/** The volumes at the top of the file: one for each way in which a service has a volume of some name. */
export class DeclaredVolumes {
  readonly #project: ProjectName;
  readonly #keys = new Map<string, string>();
  readonly #volumes = new Map<string, TreeMap>();

  constructor(project: ProjectName) {
    this.#project = project;
  }

  /** The key by which a service names it. */
  keyOf(mount: Mount<'volume'>, name: string): string {
    const isExternal = mount.external === true;
    const settings = itemOf({
      name,
      ...(isExternal
        ? { external: true }
        : {
            driver: mount.driver,
            driver_opts: mapOfTexts(mount.driverOptions),
            labels: mapOfTexts(mount.labels),
          }),
    });
    const identity = JSON.stringify([...settings].map(([key, value]) => [key, plain(value)]));
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    const key = this.#freeKey(name);
    this.#keys.set(identity, key);
    this.#volumes.set(key, settings);
    return key;
  }

  tree(): TreeMap | undefined {
    return this.#volumes.size === 0 ? undefined : this.#volumes;
  }

  #freeKey(name: string): string {
    const prefix = `${this.#project}_`;
    const own = name.startsWith(prefix) && name !== prefix ? name.slice(prefix.length) : name;
    let key = own;
    for (let next = 2; this.#volumes.has(key); next += 1) key = `${own}-${next}`;
    return key;
  }
}

const plain = (value: Tree): unknown => (value instanceof Map ? [...value] : value);

function bindTree(mount: Mount<'bind'>): TreeMap {
  return itemOf({
    type: 'bind',
    source: mount.source,
    target: mount.target,
    read_only: mount.readOnly,
    bind: mapOf({
      create_host_path: mount.createHostPath,
      propagation: mount.propagation,
      selinux: mount.selinux,
      recursive: mount.recursive,
    }),
  });
}

/** What an external or anonymous volume is called or labelled is said where it is mounted. */
const isUndeclared = ({ external, name }: Mount<'volume'>): boolean =>
  external === true || name === undefined;

function volumeTree(mount: Mount<'volume'>, declared: DeclaredVolumes): TreeMap {
  return itemOf({
    type: 'volume',
    source: mount.name === undefined ? undefined : declared.keyOf(mount, mount.name),
    target: mount.target,
    read_only: mount.readOnly,
    volume: mapOf({
      nocopy: mount.noCopy,
      subpath: mount.subpath,
      labels: isUndeclared(mount) ? mapOfTexts(mount.labels) : undefined,
    }),
  });
}

function longTree(mount: MountSpec, declared: DeclaredVolumes): TreeMap {
  switch (mount.type) {
    case 'bind':
      return bindTree(mount);
    case 'volume':
      return volumeTree(mount, declared);
    case 'image':
      return itemOf({
        ...{ type: 'image', source: mount.image, target: mount.target },
        image: mapOf({ subpath: mount.subpath }),
      });
    case 'tmpfs':
      return itemOf({
        ...{ type: 'tmpfs', target: mount.target },
        tmpfs: mapOf({ size: mount.sizeBytes, mode: mount.mode }),
      });
  }
}

/** `/run:uid=1000,size=64m`: only so can it have options. */
function shortTmpfs({ target, sizeBytes, mode, options = [] }: Mount<'tmpfs'>): string {
  const all = [
    ...options,
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
  ];
  return all.length === 0 ? target : `${target}:${all.join(',')}`;
}

const hasOptions = (mount: MountSpec): boolean =>
  mount.type === 'tmpfs' && mount.options !== undefined;

/** `volumes`, `tmpfs` and `volume_driver` of a service. */
export function mountFields(mounts: readonly MountSpec[], declared: DeclaredVolumes): Fields {
  // Short ones come last when a file is read: from the first that needs it, all are written so.
  const first = mounts.findIndex(hasOptions);
  const long = first < 0 ? mounts : mounts.slice(0, first);
  const short = mounts.slice(long.length);
  const driver = mounts.flatMap((mount) =>
    mount.type === 'volume' && isUndeclared(mount) ? (mount.driver ?? []) : [],
  )[0];
  return {
    volumes: listOf(long.map((mount) => longTree(mount, declared))),
    tmpfs: listOf(short.flatMap((mount) => (mount.type === 'tmpfs' ? shortTmpfs(mount) : []))),
    volume_driver: driver,
  };
}
