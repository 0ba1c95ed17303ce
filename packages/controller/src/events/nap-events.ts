import {
  hostSessionCodec,
  isNapError,
  nameRecordCodec,
  parseKey,
  placementCodec,
  reportCodec,
  type Codec,
  type NameRecord,
  type ParsedKey,
  type Placement,
  type Report,
} from '@nap/shared';

/** Something that happened, on an engine or in nap. */
export interface Happening {
  readonly atMs: number;
  readonly source: 'docker' | 'nap';
  /** What it is about: `placement`, `report`, `name` or `host`; `container` of an engine. */
  readonly kind: string;
  readonly action: string;
  readonly host: string | undefined;
  /** Absent of what is about a host. */
  readonly instance: string | undefined;
  readonly message: string;
}

type Entries = ReadonlyMap<string, { readonly key: string; readonly value: string }>;

/** What has changed between two looks at etcd. What comes and goes between them is not seen. */
export function napEvents(before: Entries, after: Entries, atMs: number): readonly Happening[] {
  const found: Happening[] = [];
  for (const [key, entry] of after) {
    const old = before.get(key);
    if (old?.value !== entry.value) found.push(...told(key, old?.value, entry.value, atMs));
  }
  for (const [key, { value }] of before) {
    if (!after.has(key)) found.push(...told(key, value, undefined, atMs));
  }
  return found;
}

function told(
  key: string,
  before: string | undefined,
  after: string | undefined,
  atMs: number,
): readonly Happening[] {
  const parsed = parseKey(key);
  if (parsed === undefined) return [];
  try {
    return tellers[parsed.kind]?.({ key, before, after, atMs }, parsed) ?? [];
  } catch (err) {
    // A newer nap's value: other commands name it.
    if (isNapError(err, 'BAD_VALUE')) return [];
    throw err;
  }
}

interface Change {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly atMs: number;
}

type Teller = (change: Change, parsed: ParsedKey) => readonly Happening[];

const tellers: Partial<Record<ParsedKey['kind'], Teller>> = {
  placement: (change) => {
    const [before, after] = both(change, placementCodec);
    return placementEvents(before, after, change.atMs);
  },
  report: (change) => {
    const [before, after] = both(change, reportCodec);
    return reportEvents(before, after, change.atMs);
  },
  name: (change) => {
    const [before, after] = both(change, nameRecordCodec);
    return nameEvents(before, after, change.atMs);
  },
  hostSession: (change, parsed) => {
    const host = 'host' in parsed ? parsed.host : undefined;
    const isThere = change.after !== undefined;
    if (isThere) hostSessionCodec.decode(change.after, change.key);
    if (isThere && change.before !== undefined) return [];
    const [action, message] = isThere
      ? ['join', 'its agent is there']
      : ['away', 'its agent holds no lease any more'];
    return [{ ...of('host', action, change.atMs), host, instance: undefined, message }];
  },
};

function both<T>(
  { key, before, after }: Change,
  codec: Codec<T>,
): readonly [T | undefined, T | undefined] {
  return [
    before === undefined ? undefined : codec.decode(before, key),
    after === undefined ? undefined : codec.decode(after, key),
  ];
}

const of = (
  kind: string,
  action: string,
  atMs: number,
): Pick<Happening, 'atMs' | 'source' | 'kind' | 'action'> => ({
  ...{ atMs, kind, action },
  source: 'nap',
});

function placementEvents(
  before: Placement | undefined,
  after: Placement | undefined,
  atMs: number,
): readonly Happening[] {
  const about = after ?? before;
  if (about === undefined) return [];
  const { instance, host } = about;
  const tell = (action: string, message: string): readonly Happening[] => [
    { ...of('placement', action, atMs), host, instance, message },
  ];
  if (after === undefined) return tell('forget', 'it is placed there no longer');
  if (after.wanted === 'removed') {
    return before?.wanted === 'removed' ? [] : tell('remove', after.reason);
  }
  if (before === undefined || before.wanted === 'removed') return tell('place', after.reason);
  const program = programAction(before, after);
  if (program !== undefined) return tell(program, lastDecision(after));
  return before.specHash === after.specHash ? [] : tell('update', after.reason);
}

/** What an operator has asked for; undefined: nothing of that kind. */
function programAction(before: Placement, after: Placement): string | undefined {
  if (before.wanted !== after.wanted) return after.wanted === 'stopped' ? 'stop' : 'start';
  const askedAtMs = after.restart?.askedAtMs;
  const isNew = askedAtMs !== undefined && askedAtMs !== before.restart?.askedAtMs;
  return isNew && before.specHash === after.specHash ? 'restart' : undefined;
}

const lastDecision = ({ decisions = [], reason }: Placement): string =>
  decisions.at(-1)?.reason ?? reason;

function reportEvents(
  before: Report | undefined,
  after: Report | undefined,
  atMs: number,
): readonly Happening[] {
  if (after === undefined) return [];
  const { instance, host, message } = after;
  const state = stateOf(after);
  const isSame = before?.host === host && stateOf(before) === state;
  return isSame ? [] : [{ ...of('report', state, atMs), host, instance, message }];
}

function stateOf({ status }: Report): string {
  return status.state === 'running' && status.health !== 'none'
    ? `running (${status.health})`
    : status.state;
}

function nameEvents(
  before: NameRecord | undefined,
  after: NameRecord | undefined,
  atMs: number,
): readonly Happening[] {
  const about = after ?? before;
  if (about === undefined) return [];
  const { instance, host, containerName, ip } = about;
  const action = after === undefined ? 'withdraw' : after.condition;
  const isSame = before?.condition === action && before.ip === ip;
  const message = `${containerName} is ${ip ?? 'without an address'}`;
  return isSame ? [] : [{ ...of('name', action, atMs), host, instance, message }];
}
