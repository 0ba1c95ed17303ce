/** Keys below which values may be secrets: variables, and the options of a volume's driver (the password of a network disk). */
const HIDDEN: ReadonlySet<string> = new Set(['environment', 'driverOptions', 'driver_options']);

/** Values of environment variables and of drivers' options may be secrets: names only. For `JSON.stringify`. */
export function redactEnvironment(key: string, value: unknown): unknown {
  if (!HIDDEN.has(key) || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, '(not shown)']));
}
