import { digestOf, type FileDigest, type FileSpec, type ServiceName } from '@nap/shared';
import { seccompFile } from '../canonicalise/security-options.js';
import { itemOf, listOf, type Fields, type Tree, type TreeMap } from './tree.js';

/** A file that the exported Compose file names and that must lie beside it before it is applied. */
export interface SuppliedFile {
  readonly kind: 'config' | 'secret' | 'profile';
  /** As the Compose file names it, such as `./secrets/token`. */
  readonly path: string;
  readonly digest: FileDigest;
  readonly services: readonly ServiceName[];
  /** Base64, when it may be written; never of a secret. */
  readonly content?: string;
}

/** Where a file says nothing: readable by all. */
const MODE = 0o444;

type Contents = ReadonlyMap<FileDigest, string>;

interface Declared {
  readonly name: string;
  readonly services: Set<ServiceName>;
}

/** The text of some bytes when it is exactly these bytes again; undefined for what is no text. */
function textOf(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return Buffer.from(text).equals(bytes) && !UNWRITABLE.test(text) ? text : undefined;
}

/** YAML folds carriage returns and cannot hold all else that a terminal would act on. */
// eslint-disable-next-line no-control-regex -- these are the ones that are meant
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

/** The configs, secrets and seccomp profiles that services get: declared once, each under a name of its own. */
export class GrantedFiles {
  readonly #contents: Contents;
  readonly #declared = {
    config: new Map<FileDigest, Declared>(),
    secret: new Map<FileDigest, Declared>(),
  };
  readonly #profiles = new Map<string, SuppliedFile>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** `configs` and `secrets` of a service. */
  fields(service: ServiceName, files: readonly FileSpec[]): Fields {
    const grants = (kind: FileSpec['kind']): readonly Tree[] | undefined =>
      listOf(
        files
          .filter((file) => file.kind === kind)
          .map((file) =>
            itemOf({
              source: this.#nameOf(service, file),
              target: file.target,
              uid: file.uid === 0 ? undefined : String(file.uid),
              gid: file.gid === 0 ? undefined : String(file.gid),
              mode: file.mode === MODE ? undefined : file.mode.toString(8).padStart(4, '0'),
            }),
          ),
      );
    return { configs: grants('config'), secrets: grants('secret') };
  }

  /** The option as a file has it: a profile is a file of its own. */
  securityOption(service: ServiceName, option: string): string {
    const profile = seccompFile(option);
    if (profile === undefined) return option;
    const known = this.#profiles.get(profile);
    const digest = digestOf(Buffer.from(profile));
    const path = known?.path ?? `./seccomp-${digest.slice(0, 12)}.json`;
    const services = [...new Set([...(known?.services ?? []), service])];
    const content = Buffer.from(profile).toString('base64');
    this.#profiles.set(profile, { kind: 'profile', path, digest, services, content });
    return `seccomp=${path}`;
  }

  /** `configs` and `secrets` at the top of the file. */
  top(): Fields {
    const trees = (kind: FileSpec['kind']): TreeMap | undefined => {
      const all = [...this.#declared[kind]].map(
        ([digest, { name }]) => [name, itemOf(this.#source(kind, digest, name))] as const,
      );
      return all.length === 0 ? undefined : new Map(all);
    };
    return { configs: trees('config'), secrets: trees('secret') };
  }

  supplied(): readonly SuppliedFile[] {
    const files = (['config', 'secret'] as const).flatMap((kind) =>
      [...this.#declared[kind]].flatMap(([digest, { name, services }]): SuppliedFile[] => {
        if (kind === 'config' && this.#text(digest) !== undefined) return [];
        const content = kind === 'config' ? this.#contents.get(digest) : undefined;
        return [
          {
            ...{ kind, digest, path: pathOf(kind, name), services: [...services] },
            ...(content === undefined ? {} : { content }),
          },
        ];
      }),
    );
    return [...files, ...this.#profiles.values()];
  }

  #source(kind: FileSpec['kind'], digest: FileDigest, name: string): Fields {
    const text = kind === 'config' ? this.#text(digest) : undefined;
    return text === undefined ? { file: pathOf(kind, name) } : { content: text };
  }

  #text(digest: FileDigest): string | undefined {
    const base64 = this.#contents.get(digest);
    return base64 === undefined ? undefined : textOf(base64);
  }

  /** What it is called in a container is the best name there is. */
  #nameOf(service: ServiceName, { kind, digest, target }: FileSpec): string {
    const declared = this.#declared[kind];
    const known = declared.get(digest);
    known?.services.add(service);
    if (known !== undefined) return known.name;
    const taken = new Set([...declared.values()].map(({ name }) => name));
    const base = target.slice(target.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9._-]/g, '-');
    const own = /^[A-Za-z0-9]/.test(base) ? base : `${kind}-${base}`;
    let name = own;
    for (let next = 2; taken.has(name); next += 1) name = `${own}-${next}`;
    declared.set(digest, { name, services: new Set([service]) });
    return name;
  }
}

const pathOf = (kind: FileSpec['kind'], name: string): string => `./${kind}s/${name}`;
