/** Keys below which values may be secrets: variables, and the options of a volume's driver (the password of a network disk). */
const HIDDEN: ReadonlySet<string> = new Set(['environment', 'driverOptions', 'driver_options']);

const NOT_SHOWN = '(not shown)';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object';

/**
 * Values of environment variables and of drivers' options may be secrets: names only. Nor is the digest of a secret shown, as
 * of a short one it can be found by trying. For `JSON.stringify`.
 */
export function redact(key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (HIDDEN.has(key)) return mapped(value, () => NOT_SHOWN);
  // In the words of the Compose file, and as it is stored.
  if (key === 'secrets') return mapped(value, (file) => withoutField(file, 'content'));
  return value['kind'] === 'secret' ? withoutField(value, 'digest') : value;
}

const mapped = (
  map: Readonly<Record<string, unknown>>,
  change: (value: unknown) => unknown,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));

const withoutField = (value: unknown, field: string): unknown =>
  isObject(value) && field in value ? { ...value, [field]: NOT_SHOWN } : value;
