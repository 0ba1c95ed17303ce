import { LIMITS, type HostsEntry } from '@nap/shared';

/**
 * A managed line is a slot: `10.4.1.17        web-2 shop-web-2 # nap`. It lives or is free, and its first byte says which: `#` makes
 * it a comment. While a slot lives nothing of it changes, so a reader finds a whole line there or a comment, never a mix,
 * however slowly it reads.
 */
export interface SlotGroup {
  /** Slots that differ in the address alone, in the order that clients are to find them in. */
  readonly lines: readonly string[];
}

const ADDRESS_CHARS = 15;
const GAP = '  ';
const MARK = ' # nap';
const SLOT = /^(?=\d{1,3}(?:\.\d{1,3}){3} *)[\d. ]{15} {2}[^\s#]+(?: [^\s#]+)* # nap$/;
const FREE = /^#[\d. ]{14} {2}[^\s#]+(?: [^\s#]+)* # nap$/;

/** What makes a living line a free one, and any line a comment. */
export const COMMENT = '#';

/** The address is padded, so that a free slot fits whatever address comes next. */
function slotLine(address: string, names: string): string {
  return `${address.padEnd(ADDRESS_CHARS)}${GAP}${names}${MARK}`;
}

/** A living one of ours, not a free one. */
export const isSlot = (line: string): boolean => line.endsWith(MARK) && SLOT.test(line);

export const isFree = (line: string): boolean => line.startsWith(COMMENT) && FREE.test(line);

/** Entries that all files of a project have alike are the same objects in each. */
const groupsOf = new WeakMap<HostsEntry, readonly SlotGroup[]>();

/** What is to stand in a file for an entry. */
export function slotGroups(entry: HostsEntry): readonly SlotGroup[] {
  const known = groupsOf.get(entry);
  if (known !== undefined) return known;
  const groups = packNames(entry.names).map((names) => ({
    lines: entry.addresses.map((address) => slotLine(address, names)),
  }));
  groupsOf.set(entry, groups);
  return groups;
}

const NAMES_CHARS_MAX = LIMITS.hostsLineChars - ADDRESS_CHARS - GAP.length - MARK.length;

/** Names that share an address, cut into lines that every resolver reads whole. */
function packNames(names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + name.length <= NAMES_CHARS_MAX) {
      lines[lines.length - 1] = `${last} ${name}`;
    } else {
      lines.push(name);
    }
  }
  return lines;
}
