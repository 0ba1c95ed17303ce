import type { HostsEntry } from '@nap/shared';
import { COMMENT, isFree, isSlot, slotGroups, type SlotGroup } from './slots.js';

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

const endOf = ({ offset, text }: Line): number => offset + text.length;

/**
 * What must change in one container's hosts file. Programs read it at any moment and without a lock, so:
 * - no line ever moves, the file never shrinks, and every line that is not ours stays as it is, byte for byte;
 * - a new line is written as a comment, into a free slot of its length or at the end, and comes to life by its first byte,
 *   the only one that changes then;
 * - a line that is not wanted dies by its first byte, after all new ones live. So a name that is wanted before and after
 *   is found at every moment in between, and no reader sees half a line.
 * The first line of a name has the address that its consumer wants first: clients take that one.
 */
export function renderHosts({ entries, existing, seeds }: RenderInput): Rendered {
  const groups = entries.flatMap(slotGroups);
  const found = look(existing, groups, seeds);
  const { reused, appended, dropped } = place(groups, found);
  const end = appendix(existing, appended);
  const edits = [
    ...reused.map(({ offset, text }) => ({ offset: offset + 1, text: text.slice(1) })),
    ...end.dead,
    ...reused.map(({ offset, text }) => ({ offset, text: text.slice(0, 1) })),
    ...end.alive,
    ...deaths([...found.unwanted, ...dropped]),
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

interface Look {
  /** Lines that are wanted, by who wants them, in the order of the file. */
  readonly standing: ReadonlyMap<SlotGroup, readonly Line[]>;
  /** Living slots that nothing wants any more, and seeds. */
  readonly unwanted: readonly Line[];
  readonly free: readonly Line[];
}

/** Each start among many changes all files, and most lines stand as they are: nothing is made of those. */
function look(existing: string, groups: readonly SlotGroup[], seeds: readonly string[]): Look {
  const wanted = new Map<string, SlotGroup>();
  for (const group of groups) {
    for (const text of group.lines) wanted.set(text, group);
  }
  const standing = new Map<SlotGroup, Line[]>();
  const unwanted: Line[] = [];
  const free: Line[] = [];
  for (let offset = 0; offset < existing.length;) {
    const found = existing.indexOf('\n', offset);
    const end = found < 0 ? existing.length : found;
    const line = { offset, text: existing.slice(offset, end) };
    const group = wanted.get(line.text);
    if (group !== undefined) {
      const lines = standing.get(group);
      if (lines === undefined) standing.set(group, [line]);
      else lines.push(line);
    } else if (line.text.startsWith(COMMENT)) {
      if (isFree(line.text)) free.push(line);
    } else if (isSlot(line.text) || isSeed(line.text, seeds)) unwanted.push(line);
    offset = end + 1;
  }
  return { standing, unwanted, free };
}

/** The engine writes an extra host as `address<TAB>name`. */
function isSeed(line: string, seeds: readonly string[]): boolean {
  const at = line.indexOf('\t');
  return at > 0 && seeds.includes(`${line.slice(at + 1)}:${line.slice(0, at)}`);
}

interface Placed {
  /** New lines, each in the place of a free one. */
  readonly reused: readonly Line[];
  /** New lines for which there is no place yet. */
  readonly appended: readonly string[];
  /** Lines that stand, and are not wanted where they are. */
  readonly dropped: readonly Line[];
}

/** A new line goes where one of the same length was freed earlier, so that a file does not grow with every change. */
function place(groups: readonly SlotGroup[], { standing, free: lines }: Look): Placed {
  const free = [...lines];
  const reused: Line[] = [];
  const appended: string[] = [];
  const dropped: Line[] = [];
  for (const group of groups) {
    const own = standing.get(group) ?? [];
    // Nearly all: the names of one instance.
    if (own.length === 1 && group.lines.length === 1) continue;
    const head = headFor(group, own, free);
    if (head !== undefined) reused.push(head);
    const kept = keepBehindFirst(group, head === undefined ? own : [head, ...own]);
    const stay = new Set(kept);
    dropped.push(...own.filter((line) => !stay.has(line)));
    // What is kept are different lines of the group.
    if (kept.length === group.lines.length) continue;
    const served = new Set(kept.map(({ text }) => text));
    let least = kept[0]?.offset ?? -1;
    for (const text of group.lines.filter((it) => !served.has(it))) {
      const at = free.findIndex((it) => it.offset > least && it.text.length === text.length);
      const found = takeAt(free, at);
      if (found === undefined) appended.push(text);
      else reused.push({ offset: found.offset, text });
      least = found?.offset ?? Number.POSITIVE_INFINITY;
    }
  }
  return { reused, appended, dropped };
}

/**
 * A free place in front of all lines of the group, for its first line where that is not the first that stands. Without
 * one, all others have to be written anew behind it, which leaves as many such places; the last of them is taken, so that
 * the others are in front of it next time.
 */
function headFor(group: SlotGroup, standing: readonly Line[], free: Line[]): Line | undefined {
  const [text = ''] = group.lines;
  const [front] = standing;
  if (front === undefined || front.text === text) return undefined;
  const at = free.findLastIndex((it) => it.offset < front.offset && it.text.length === text.length);
  const found = takeAt(free, at);
  return found === undefined ? undefined : { offset: found.offset, text };
}

/** It is not free any longer; undefined when there is none. */
function takeAt(free: Line[], at: number): Line | undefined {
  return at < 0 ? undefined : free.splice(at, 1)[0];
}

/**
 * Clients take the first address of a name, so that one has to be the consumer's own choice. The order of the others is
 * left as it grew: with it, every start among many replicas would rewrite half the lines of all.
 */
function keepBehindFirst(group: SlotGroup, lines: readonly Line[]): readonly Line[] {
  const first = lines.findIndex(({ text }) => text === group.lines[0]);
  if (first < 0) return [];
  if (lines.length === 1) return lines;
  const wanted = new Set(group.lines);
  // Of two lines that are alike the later is dropped.
  return lines.slice(first).filter(({ text }) => wanted.delete(text));
}

/**
 * New lines at the end, dead at first, and then alive: the second edit has the bytes of the first but for those that bring
 * its lines to life, so that however much of it a reader sees, each line is there or not.
 */
function appendix(
  existing: string,
  texts: readonly string[],
): { readonly dead: readonly Edit[]; readonly alive: readonly Edit[] } {
  if (texts.length === 0) return { dead: [], alive: [] };
  const start = existing === '' || existing.endsWith('\n') ? '' : '\n';
  const dead = texts.map((text) => `${COMMENT}${text.slice(1)}\n`).join('');
  const alive = texts.join('\n');
  return {
    dead: [{ offset: existing.length, text: start + dead }],
    alive: [{ offset: existing.length + start.length, text: alive }],
  };
}

/**
 * Lines die by their first bytes. Those that stand side by side do so in one write, which has all other bytes as they
 * are: of a container that has just started these are all the names that it was created with.
 */
function deaths(lines: readonly Line[]): readonly Edit[] {
  const edits: { offset: number; text: string }[] = [];
  let before: Line | undefined;
  for (const line of [...lines].sort((a, b) => a.offset - b.offset)) {
    const edit = edits.at(-1);
    if (edit !== undefined && before !== undefined && endOf(before) + 1 === line.offset) {
      edit.text += `${before.text.slice(1)}\n${COMMENT}`;
    } else edits.push({ offset: line.offset, text: COMMENT });
    before = line;
  }
  return edits;
}
