import { renderDocument } from './format.js';
import { renderList, renderTable, type Format, type Table } from './table.js';

/** As they stand in the file. */
interface Contexts {
  readonly file: string;
  readonly byName: ReadonlyMap<string, Settings>;
}
type Settings = Readonly<Record<string, string>>;

interface ContextRow {
  readonly name: string;
  readonly isInUse: boolean;
  readonly settings: Settings;
}

const table: Table<ContextRow> = {
  columns: {
    NAME: ({ name, isInUse }) => (isInUse ? `${name} *` : name),
    ETCD: ({ settings }) => settings['etcd'] ?? '-',
    USER: ({ settings }) => settings['etcd-user'] ?? '-',
    CERTIFICATE: ({ settings }) => settings['etcd-cert'] ?? '-',
    PREFIX: ({ settings }) => settings['prefix'] ?? '-',
  },
};

/** Passwords are nobody's to see. */
function shown(settings: Settings): Settings {
  const entries = Object.entries(settings);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'etcd-password' ? '(not shown)' : value]),
  );
}

function toJson({ name, isInUse, settings }: ContextRow): unknown {
  const text = shown(settings);
  return {
    ...{ name, isInUse, etcd: text['etcd']?.split(','), user: text['etcd-user'] },
    ...{ ca: text['etcd-ca'], certificate: text['etcd-cert'], key: text['etcd-key'] },
    prefix: text['prefix'],
  };
}

export function renderContexts(
  { byName }: Contexts,
  inUse: string | undefined,
  format: Format,
): string | undefined {
  const rows = [...byName]
    .map(([name, settings]) => ({ name, settings, isInUse: name === inUse }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return renderList(format, table, rows, toJson);
}

export function renderContext(
  { file }: Contexts,
  name: string,
  settings: Settings,
  format: 'table' | 'json' | 'yaml',
): string {
  const facts = { name, file, ...shown(settings) };
  if (format !== 'table') return renderDocument(format, facts);
  const columns: Table<[string, string]>['columns'] = {
    WHAT: ([key]) => key,
    SETTING: ([, value]) => value,
  };
  return renderTable({ columns }, Object.entries(facts));
}
