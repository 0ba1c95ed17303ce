import { requireContext, SETTINGS, type Contexts, type Settings } from './contexts.js';

export interface Given {
  /** What the command line says, by the name of the flag. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Connection {
  /** By the name of the flag, as a flag would have it; what is missing is left to the default. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The context that gave some of them. */
  readonly context: string | undefined;
}

const variable = (flag: string): string => `NAP_${flag.toUpperCase().replaceAll('-', '_')}`;

/** The context that applies, and why; undefined where the endpoints are told by a flag or by NAP_ETCD. */
export function contextInUse(
  { flags, context, env }: Given,
  current: string | undefined,
): string | undefined {
  if (context !== undefined) return context;
  // Certificates and passwords belong to their endpoints: they are not shown to others.
  if (flags['etcd'] !== undefined || said(env['NAP_ETCD']) !== undefined) return undefined;
  return said(env['NAP_CONTEXT']) ?? current;
}

const said = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/**
 * A flag goes before the context that a flag names, that before `NAP_…`, and that before the context of NAP_CONTEXT or the
 * current one. Throws NOT_FOUND for a context that is none.
 */
export function connectionOf(given: Given, contexts: Contexts): Connection {
  const { flags, env } = given;
  const context = contextInUse(given, contexts.current);
  const settings: Settings = context === undefined ? {} : requireContext(contexts, context);
  const isNamed = given.context !== undefined;
  const values: Record<string, unknown> = {};
  for (const name of SETTINGS) {
    const environment = name === 'etcd-password' ? undefined : said(env[variable(name)]);
    const [first, second] = isNamed
      ? // Named on this very line: what a shell has set for another cluster does not mix with it.
        [settings[name], undefined]
      : [environment, settings[name]];
    const value = flags[name] ?? first ?? second;
    if (value !== undefined) values[name] = value;
  }
  if (values['etcd-password-file'] !== undefined) delete values['etcd-password'];
  return { values, context };
}
