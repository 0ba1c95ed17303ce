import { canonicalJson } from '@nap/shared';
import type { Words } from './compose-words.js';
import { redact } from './redact.js';

/** One field that is another one than before. */
export interface FieldChange {
  /** In the words of the Compose file, such as `environment.LOG`. */
  readonly field: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Absent where there was none, and where values are not shown. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** It may be a secret. */
  readonly isHidden?: true;
}

/** Lists in which the order says nothing: item by item. */
const UNORDERED: ReadonlySet<string> = new Set([
  ...['aliases', 'cap_add', 'cap_drop', 'device_cgroup_rules', 'devices', 'expose', 'links'],
  ...['external_links', 'extra_hosts', 'group_add', 'ports', 'security_opt', 'volumes_from'],
  ...['constraints', 'apart_from'],
]);

/** Below these values may be secrets; `content` is that of a config or secret. */
const HIDDEN: ReadonlySet<string> = new Set(['environment', 'driver_options']);

function isHidden(path: readonly string[]): boolean {
  const isContent = FILES.has(path.at(-3) ?? '') && path.at(-1) === 'content';
  return isContent || path.slice(0, -1).some((name) => HIDDEN.has(name));
}

const FILES: ReadonlySet<string> = new Set(['configs', 'secrets']);

const isMap = (value: unknown): value is Words =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isSame = (a: unknown, b: unknown): boolean =>
  a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);

/**
 * Field by field what differs, sorted by name. A mapping is compared key by key, also where there was none before: a value
 * that may be a secret never stands within the value of something else.
 */
export function fieldChanges(
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): readonly FieldChange[] {
  if (isSame(before, after)) return [];
  const [old, now] = [before ?? {}, after ?? {}];
  if (isMap(old) && isMap(now) && hasFields(old, now)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return names.flatMap((name) => fieldChanges(old[name], now[name], [...path, name]));
  }
  const isUnordered = UNORDERED.has(path.at(-1) ?? '');
  if (isUnordered && Array.isArray(before) && Array.isArray(after)) {
    return itemChanges(before, after, path);
  }
  return [valueChange(before, after, path)];
}

const hasFields = (...maps: readonly Words[]): boolean =>
  maps.some((map) => Object.values(map).some((value) => value !== undefined));

/** One that went and one that came are one that changed; a list in another order is a change of the whole. */
function itemChanges(
  before: readonly unknown[],
  after: readonly unknown[],
  path: readonly string[],
): readonly FieldChange[] {
  const without = (items: readonly unknown[], others: readonly unknown[]): readonly unknown[] =>
    items.filter((item) => !others.some((other) => isSame(item, other)));
  const gone = without(before, after);
  const come = without(after, before);
  if (gone.length === 0 && come.length === 0) return [valueChange(before, after, path)];
  if (gone.length === 1 && come.length === 1) return [valueChange(gone[0], come[0], path)];
  return [
    ...gone.map((item) => valueChange(item, undefined, path)),
    ...come.map((item) => valueChange(undefined, item, path)),
  ];
}

function valueChange(before: unknown, after: unknown, path: readonly string[]): FieldChange {
  const field = path.join('.');
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  if (isHidden(path)) return { field, kind, isHidden: true };
  const [old, now] = [before, after].map(shown);
  // What differs within is not shown.
  if (kind === 'changed' && isSame(old, now)) return { field, kind, isHidden: true };
  return {
    ...{ field, kind },
    ...(old === undefined ? {} : { before: old }),
    ...(now === undefined ? {} : { after: now }),
  };
}

/** As `inspect` shows it. */
function shown(value: unknown): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value, redact)) as unknown;
}

/** Characters of one value in a line: a profile or a script may be long. */
const VALUE_CHARS_MAX = 120;

function valueText(value: unknown): string {
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
  return line.length > VALUE_CHARS_MAX ? `${line.slice(0, VALUE_CHARS_MAX)}…` : line;
}

/** `image: web:1 → web:2`, `cap_add: added NET_ADMIN`, `environment.LOG: changed (value not shown)`. */
export function fieldChangeText({ field, kind, before, after, isHidden }: FieldChange): string {
  if (isHidden === true) return `${field}: ${kind} (value not shown)`;
  if (kind === 'changed') return `${field}: ${valueText(before)} → ${valueText(after)}`;
  const value = kind === 'added' ? after : before;
  return value === undefined ? `${field}: ${kind}` : `${field}: ${kind} ${valueText(value)}`;
}
