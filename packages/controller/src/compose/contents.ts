import { digestOf, LIMITS, type FileDigest, type Place } from '@nap/shared';
import { FILE_KINDS, type FileKind } from './canonicalise/file-grants.js';
import { seccompFile } from './canonicalise/security-options.js';
import { child, entriesOf, itemsOf, textAt, type MapNode, type Node } from './node.js';
import { nameOf, troubleWith, type Scope } from './session.js';

/**
 * What is in the files that containers get, read where nap-controller runs. It stands beside the tree and never in it: a
 * secret must not be seen in what `config` prints, in a project or in a problem.
 */
export interface Contents {
  /** By `digestKey`. */
  readonly digests: ReadonlyMap<string, FileDigest>;
  /** Base64. */
  readonly bytes: ReadonlyMap<FileDigest, string>;
  /** Seccomp profiles by the path of their file: JSON without white space. */
  readonly profiles: ReadonlyMap<string, string>;
}

export function digestKey(kind: FileKind, name: string): string {
  return `${kind}s.${name}`;
}

const READ_HERE = 'it is read where nap-controller runs';

function tooBig(bytes: number): string {
  return `it has ${bytes} bytes, more than the ${LIMITS.fileBytes} of a config or secret`;
}

/** What is wrong with a source, and what to do about it. */
type Trouble = readonly [why: string, hint: string];

/** How to get at the bytes, by the key that says where they are. `from` is the file that says it. */
const SOURCES: Readonly<
  Record<string, (source: string, from: Place, scope: Scope) => Promise<Uint8Array | Trouble>>
> = {
  content: (text) => Promise.resolve(new TextEncoder().encode(text)),

  file: async (path, _from, { session }) => {
    const file = await session.bytes(path);
    if (file.kind === 'bytes') return file.bytes;
    return [`cannot read ${nameOf(path)}: ${troubleWith(file) ?? ''}`, READ_HERE];
  },

  environment: (name, from, { session, lookup }) => {
    const value = (session.lookups.get(from.file) ?? lookup)(name);
    const found: Uint8Array | Trouble =
      value === undefined
        ? [`the variable ${name} is not set`, `set ${name}`]
        : new TextEncoder().encode(value);
    return Promise.resolve(found);
  },
};

/** The bytes of one config or secret; undefined when there are none, which is reported. */
async function bytesOf(node: Node, path: string, scope: Scope): Promise<Uint8Array | undefined> {
  for (const [key, read] of Object.entries(SOURCES)) {
    const source = textAt(node, key);
    const place = child(node, key)?.place;
    if (source === undefined || place === undefined) continue;
    const found = await read(source, place, scope);
    if (found instanceof Uint8Array) return found;
    const [why, wayOut] = found;
    scope.findings.refused({ place, path: `${path}.${key}`, why, wayOut });
    return undefined;
  }
  return undefined;
}

/** The names that services use, each once. */
function usedNames(kind: FileKind, root: MapNode): ReadonlySet<string> {
  const services = entriesOf(child(root, 'services'));
  return new Set(
    services.flatMap(([, { value }]) =>
      itemsOf(child(value, `${kind}s`)).flatMap((grant) => textAt(grant, 'source') ?? []),
    ),
  );
}

const OUTSIDE_STRINGS = /("(?:[^"\\]|\\[^])*")|\s+/g;

/** JSON without white space: parsing and printing it again would round its large numbers. */
function compactJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return text.replaceAll(OUTSIDE_STRINGS, '$1');
  } catch {
    return undefined;
  }
}

async function readProfile(
  file: string,
  option: Node,
  path: string,
  scope: Scope,
): Promise<string | undefined> {
  const read = await scope.session.text(file);
  const profile = read.kind === 'text' ? compactJson(read.text) : undefined;
  const isLong = profile !== undefined && profile.length > LIMITS.securityProfileChars;
  if (profile !== undefined && !isLong) return profile;
  const limit = `it has more than ${LIMITS.securityProfileChars} characters`;
  const why = troubleWith(read) ?? (isLong ? limit : 'it is not JSON');
  scope.findings.refused({
    place: option.place,
    path,
    why: `cannot read the seccomp profile ${nameOf(file)}: ${why}`,
    wayOut: READ_HERE,
  });
  return undefined;
}

async function readProfiles(root: MapNode, scope: Scope): Promise<ReadonlyMap<string, string>> {
  const profiles = new Map<string, string>();
  for (const [name, { value }] of entriesOf(child(root, 'services'))) {
    for (const option of itemsOf(child(value, 'security_opt'))) {
      const file = option.kind === 'scalar' ? seccompFile(String(option.value)) : undefined;
      if (file === undefined || profiles.has(file)) continue;
      const path = `services.${name}.security_opt`;
      const profile = await readProfile(file, option, path, scope);
      if (profile !== undefined) profiles.set(file, profile);
    }
  }
  return profiles;
}

/** Reads what the services of a normalised tree need. What cannot be read is reported. */
export async function readContents(root: MapNode, scope: Scope): Promise<Contents> {
  const digests = new Map<string, FileDigest>();
  const bytes = new Map<FileDigest, string>();
  for (const kind of FILE_KINDS) {
    for (const name of usedNames(kind, root)) {
      const node = child(child(root, `${kind}s`), name);
      if (node === undefined) continue;
      const path = digestKey(kind, name);
      const content = await bytesOf(node, path, scope);
      if (content === undefined) continue;
      if (content.length > LIMITS.fileBytes) {
        const why = tooBig(content.length);
        scope.findings.refused({ place: node.place, path, why, wayOut: 'put it into the image' });
        continue;
      }
      const digest = digestOf(content);
      digests.set(path, digest);
      bytes.set(digest, Buffer.from(content).toString('base64'));
    }
  }
  return { digests, bytes, profiles: await readProfiles(root, scope) };
}
