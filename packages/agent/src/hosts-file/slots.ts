import { LIMITS } from '@nap/shared';

/**
 * A managed line is a slot: `10.4.1.17        web-2 shop-web-2 # nap`. It lives or is free, and its first byte says which: `#` makes
 * it a comment. While a slot lives nothing of it changes, so a reader finds a whole line there or a comment, never a mix,
 * however slowly it reads.
 */
export interface Slot {
  /** Byte offset of the line in the file. */
  readonly offset: number;
  readonly address: string;
  /** The names as they stand, separated by one space. */
  readonly names: string;
}

const ADDRESS_CHARS = 15;
const GAP = '  ';
const MARK = ' # nap';
const SLOT = /^(?=(\d{1,3}(?:\.\d{1,3}){3}) *)[\d. ]{15} {2}([^\s#]+(?: [^\s#]+)*) # nap$/;
const FREE = /^#[\d. ]{14} {2}[^\s#]+(?: [^\s#]+)* # nap$/;

/** What makes a living line a free one, and any line a comment. */
export const COMMENT = '#';

/** The address is padded, so that a free slot fits whatever address comes next. */
export function slotLine(address: string, names: string): string {
  return `${address.padEnd(ADDRESS_CHARS)}${GAP}${names}${MARK}`;
}

/** Undefined for a line that is not ours, or is free. */
export function parseSlot(line: string, offset: number): Slot | undefined {
  // By their places: taking it apart costs an iterator a line, and there are many lines.
  const found = SLOT.exec(line);
  const address = found?.[1];
  const names = found?.[2];
  return address === undefined || names === undefined ? undefined : { offset, address, names };
}

export const isFree = (line: string): boolean => FREE.test(line);

const NAMES_CHARS_MAX = LIMITS.hostsLineChars - ADDRESS_CHARS - GAP.length - MARK.length;

/** Names that share an address, cut into lines that every resolver reads whole. */
export function packNames(names: readonly string[]): readonly string[] {
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
