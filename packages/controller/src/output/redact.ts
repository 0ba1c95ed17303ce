/** By the field of a spec that holds them: what may be a secret. Options of a volume driver have passwords of file servers. */
const SECRETIVE: ReadonlySet<string> = new Set(['environment', 'driverOptions']);

/** Values of environment variables may be secrets: names only. For `JSON.stringify`. */
export function redactEnvironment(key: string, value: unknown): unknown {
  if (!SECRETIVE.has(key) || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, '(not shown)']));
}
