import { dirname, isAbsolute, join, resolve } from 'node:path';
import { NapError } from '@nap/shared/errors';

/** What a context may say, each called as the flag that says the same; the password is no flag. */
export const SETTINGS = [
  ...['etcd', 'etcd-ca', 'etcd-cert', 'etcd-key', 'etcd-user', 'etcd-password-file'],
  ...['etcd-password', 'prefix'],
] as const;

const PATHS: ReadonlySet<string> = new Set([
  ...['etcd-ca', 'etcd-cert', 'etcd-key', 'etcd-password-file'],
]);

/** Several endpoints are parted by commas, as in the flag. Paths are absolute. */
export type Settings = Readonly<Record<string, string>>;

/** The clusters that an operator knows by name. */
export interface Contexts {
  readonly file: string;
  readonly current: string | undefined;
  readonly byName: ReadonlyMap<string, Settings>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `$NAP_CONFIG`, or `nap/contexts.yml` where configuration is kept; undefined for who has no home. */
export function contextsPath(env: Env, cwd: string): string | undefined {
  const named = env['NAP_CONFIG'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const xdg = env['XDG_CONFIG_HOME'];
  // The specification has a relative path ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'nap/contexts.yml');
  const home = env['HOME'];
  return home === undefined || home === '' ? undefined : join(home, '.config/nap/contexts.yml');
}

export const isContextName = (name: string): boolean => /^[A-Za-z0-9][\w.-]{0,62}$/.test(name);

/** Paths of a context start at its file, and `~` is the operator's home. */
export function absolutePath(
  setting: string,
  value: string,
  file: string,
  home: string | undefined,
): string {
  if (!PATHS.has(setting)) return value;
  const path = value.startsWith('~/') && home !== undefined ? join(home, value.slice(2)) : value;
  return resolve(dirname(file), path);
}

/** Throws NOT_FOUND, naming those that there are. */
export function requireContext(contexts: Contexts, name: string): Settings {
  const found = contexts.byName.get(name);
  if (found !== undefined) return found;
  const known = [...contexts.byName.keys()].sort().join(', ');
  throw new NapError('NOT_FOUND', `no context ${name} in ${contexts.file}`, {
    hint: known === '' ? 'nap-controller context add makes one' : `there are: ${known}`,
  });
}
