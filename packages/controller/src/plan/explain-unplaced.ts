import type { HostId } from '@nap/shared';
import type { Reason } from './filters.js';

/** Hosts that are named one by one; more are counted. */
const NAMED_MAX = 3;

interface Kind {
  readonly hosts: HostId[];
  readonly texts: Map<string, HostId[]>;
  nearest: { readonly host: HostId; readonly reason: Reason };
}

function kindsOf(reasons: ReadonlyMap<HostId, Reason>): readonly (readonly [string, Kind])[] {
  const kinds = new Map<string, Kind>();
  for (const [host, reason] of reasons) {
    const name = reason.kind ?? reason.text;
    const kind: Kind = kinds.get(name) ?? {
      hosts: [],
      texts: new Map<string, HostId[]>(),
      nearest: { host, reason },
    };
    kinds.set(name, kind);
    kind.hosts.push(host);
    kind.texts.set(reason.text, [...(kind.texts.get(reason.text) ?? []), host]);
    if ((reason.rank ?? 0) > (kind.nearest.reason.rank ?? 0)) kind.nearest = { host, reason };
  }
  return [...kinds];
}

function sameText(text: string, hosts: readonly HostId[]): string {
  if (hosts.length === 1) return `${hosts.join('')} ${text}`;
  const who = hosts.length > NAMED_MAX ? `${hosts.length} hosts` : hosts.join(', ');
  return `${who}: each ${text}`;
}

function kindText(name: string, { hosts, texts, nearest }: Kind): readonly [number, string][] {
  if (texts.size === 1 || hosts.length <= NAMED_MAX) {
    return [...texts].map(([text, those]) => [those.length, sameText(text, those)]);
  }
  const example = `${nearest.host} ${nearest.reason.text}`;
  const which = nearest.reason.rank === undefined ? example : `the most: ${example}`;
  return [[hosts.length, `${hosts.length} hosts: each ${name} (${which})`]];
}

/** One sentence with counts, most frequent cause first, then a host each for what is particular. */
export function explainUnplaced(reasons: ReadonlyMap<HostId, Reason>, needs = ''): string {
  if (reasons.size === 0) return 'no host is registered: is nap-agent running anywhere?';
  const causes = kindsOf(reasons)
    .flatMap(([name, kind]) => kindText(name, kind))
    .sort(([a], [b]) => b - a)
    .map(([, text]) => text)
    .join('; ');
  return needs === '' ? causes : `needs ${needs}: ${causes}`;
}
