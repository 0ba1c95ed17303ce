import type { Place } from '@nap/shared';
import { parseEnvFile, parseRawEnvFile, type EnvEntries, type EnvEntry } from './env-file.js';
import type { Lookup } from './interpolate.js';
import { nameOf, troubleWith, type Session } from './session.js';

export interface EnvFileReference {
  readonly path: string;
  readonly required: boolean;
  readonly format?: string;
}

interface Blame {
  readonly place: Place | undefined;
  readonly path: string;
}

/** The entries of several files, later ones over earlier ones. */
export async function readEnvFiles(
  references: readonly EnvFileReference[],
  lookup: Lookup,
  session: Session,
  blame: Blame,
): Promise<EnvEntries> {
  const entries = new Map<string, EnvEntry>();
  for (const { path, required, format } of references) {
    const file = await session.text(path);
    if (file.kind === 'missing' && !required) continue;
    if (file.kind !== 'text') {
      session.findings.error(
        blame.place,
        blame.path,
        `cannot read ${nameOf(path)}: ${troubleWith(file) ?? ''}`,
        'write {path: …, required: false} when it may be missing',
      );
      continue;
    }
    const own =
      format === 'raw'
        ? parseRawEnvFile(file.text, path)
        : parseEnvFile(file.text, path, { lookup, earlier: entries }, session.findings);
    for (const [key, entry] of own) entries.set(key, entry);
  }
  return entries;
}

export function lookupIn(env: Readonly<Record<string, string | undefined>>): Lookup {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}

/** The first that knows a variable says its value. */
export function layered(outer: Lookup, inner: EnvEntries): Lookup {
  return (name) => outer(name) ?? inner.get(name)?.value;
}
