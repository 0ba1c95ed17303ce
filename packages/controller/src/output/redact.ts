/** Values of environment variables may be secrets: names only. For `JSON.stringify`. */
export function redactEnvironment(key: string, value: unknown): unknown {
  if (key !== 'environment' || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, '(not shown)']));
}
