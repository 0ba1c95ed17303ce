import type { HostsEntry } from '@nap/shared';
import { COMMENT, isFree, packNames, parseSlot, type Slot, slotLine } from './slots.js';

/** Bytes to write at a place of the file; characters are bytes here (latin1). */
export interface Edit {
  readonly offset: number;
  readonly text: string;
}

export interface Rendered {
  readonly text: string;
  /** To be written one by one, in this order. */
  readonly edits: readonly Edit[];
}

export interface RenderInput {
  readonly entries: readonly HostsEntry[];
  /** The file as it is, decoded as latin1, so that offsets are bytes and foreign bytes survive. */
  readonly existing: string;
  /** `name:address` lines that nap gave the container at creation, and takes back once the slots say it better. */
  readonly seeds: readonly string[];
}

interface Line {
  readonly offset: number;
  readonly text: string;
}

/**
 * What must change in one container's hosts file. Programs read it at any moment and without a lock, so:
 * - no line ever moves, the file never shrinks, and every line that is not ours stays as it is, byte for byte;
 * - a new line is written as a comment, into a free slot of its length or at the end, and comes to life by its first byte;
 * - a line that is not wanted dies by its first byte, after all new ones live. So a name that is wanted before and after
 *   is found at every moment in between, and no reader sees half a line.
 * The first line of a name has the address that its consumer wants first: clients take that one.
 */
export function renderHosts(input: RenderInput): Rendered {
  const { existing } = input;
  const lines = splitLines(existing);
  const { added, dropped } = assign(
    input.entries,
    lines.flatMap((line) => parseSlot(line.text, line.offset) ?? []),
  );
  const { reused, appended } = place(added, lines);
  const end = appendix(existing, appended);
  const births = [...reused, ...end.lines];
  const deaths = [...dropped.map((slot) => slot.offset), ...seedOffsets(lines, input.seeds)];
  const edits = [
    ...reused.map(({ offset, text }) => ({ offset: offset + 1, text: text.slice(1) })),
    ...end.edits,
    ...births.map(({ offset, text }) => ({ offset, text: text.slice(0, 1) })),
    ...deaths.map((offset) => ({ offset, text: COMMENT })),
  ];
  return { edits, text: applyEdits(existing, edits) };
}

export function applyEdits(existing: string, edits: readonly Edit[]): string {
  const length = edits.reduce(
    (most, { offset, text }) => Math.max(most, offset + text.length),
    existing.length,
  );
  const bytes = Buffer.alloc(length);
  bytes.write(existing, 'latin1');
  for (const { offset, text } of edits) bytes.write(text, offset, 'latin1');
  return bytes.toString('latin1');
}

function splitLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    lines.push({ offset, text: line });
    offset += line.length + 1;
  }
  return lines;
}

/** Lines that are to stand after `afterOffset`, and after each other. */
interface NewLines {
  readonly texts: readonly string[];
  readonly afterOffset: number;
}

interface Assignment {
  readonly added: readonly NewLines[];
  readonly dropped: readonly Slot[];
}

function assign(entries: readonly HostsEntry[], slots: readonly Slot[]): Assignment {
  const byNames = new Map<string, Slot[]>();
  for (const slot of slots) {
    const group = byNames.get(slot.names);
    if (group === undefined) byNames.set(slot.names, [slot]);
    else group.push(slot);
  }
  const kept = new Set<Slot>();
  const added: NewLines[] = [];
  for (const entry of entries) {
    for (const names of packNames(entry.names)) {
      const own = keepBehindFirst(entry.addresses, byNames.get(names) ?? []);
      for (const slot of own) kept.add(slot);
      const served = new Set(own.map((slot) => slot.address));
      const texts = entry.addresses
        .filter((address) => !served.has(address))
        .map((address) => slotLine(address, names));
      if (texts.length > 0) added.push({ texts, afterOffset: own[0]?.offset ?? -1 });
    }
  }
  return { added, dropped: slots.filter((slot) => !kept.has(slot)) };
}

/**
 * Clients take the first address of a name, so that one has to be the consumer's own choice. The order of the others is
 * left as it grew: with it, every start among many replicas would rewrite half the lines of all.
 */
function keepBehindFirst(addresses: readonly string[], slots: readonly Slot[]): readonly Slot[] {
  const first = slots.findIndex((slot) => slot.address === addresses[0]);
  const wanted = new Set(addresses);
  // Of two lines with one address the later is dropped.
  return first < 0 ? [] : slots.slice(first).filter((slot) => wanted.delete(slot.address));
}

interface Placed {
  readonly reused: readonly Line[];
  readonly appended: readonly string[];
}

/** A new line goes where one of the same length was freed earlier, so that a file does not grow with every change. */
function place(added: readonly NewLines[], lines: readonly Line[]): Placed {
  const free = lines.filter(({ text }) => isFree(text));
  const reused: Line[] = [];
  const appended: string[] = [];
  for (const { texts, afterOffset } of added) {
    let least = afterOffset;
    for (const text of texts) {
      const at = free.findIndex((line) => line.text.length === text.length && line.offset > least);
      const [line] = at < 0 ? [] : free.splice(at, 1);
      if (line === undefined) {
        appended.push(text);
        least = Number.POSITIVE_INFINITY;
      } else {
        reused.push({ offset: line.offset, text });
        least = line.offset;
      }
    }
  }
  return { reused, appended };
}

/** New lines at the end, dead at first, and where each begins. */
function appendix(
  existing: string,
  texts: readonly string[],
): { readonly edits: readonly Edit[]; readonly lines: readonly Line[] } {
  if (texts.length === 0) return { edits: [], lines: [] };
  const start = existing === '' || existing.endsWith('\n') ? '' : '\n';
  const lines: Line[] = [];
  let offset = existing.length + start.length;
  for (const text of texts) {
    lines.push({ offset, text });
    offset += text.length + 1;
  }
  const dead = texts.map((text) => `${COMMENT}${text.slice(1)}\n`).join('');
  return { edits: [{ offset: existing.length, text: start + dead }], lines };
}

/** The engine writes an extra host as `address<TAB>name`. */
function seedOffsets(lines: readonly Line[], seeds: readonly string[]): readonly number[] {
  const wanted = new Set(
    seeds.map((seed) => {
      const at = seed.indexOf(':');
      return `${seed.slice(at + 1)}\t${seed.slice(0, at)}`;
    }),
  );
  return lines.filter((line) => wanted.has(line.text)).map((line) => line.offset);
}
