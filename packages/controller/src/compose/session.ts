import { basename } from 'node:path';
import type { Place } from '@nap/shared';
import type { Findings } from './findings.js';
import type { Lookup } from './interpolate.js';
import { TreeInterpolation } from './interpolate-tree.js';
import { brokenNode, type Node } from './node.js';
import { parseYaml } from './parse-yaml.js';
import type { ReadContext } from './shape.js';

interface NoFile {
  readonly kind: 'missing';
}

interface Unusable {
  readonly kind: 'unusable';
  readonly why: string;
}

/** What a file holds. Reading never throws: whatever is wrong with a file is the user's to know. */
export type FileBytes = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | NoFile | Unusable;
export type FileText = { readonly kind: 'text'; readonly text: string } | NoFile | Unusable;

export type ReadFile = (path: string) => Promise<FileBytes>;

function decode(bytes: Uint8Array): FileText {
  if (bytes.includes(0)) return { kind: 'unusable', why: 'it is not a text file' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'unusable', why: 'it is not UTF-8 text' };
  }
}

/** Why a file cannot be used; undefined when it can. */
export function troubleWith(file: FileBytes | FileText): string | undefined {
  if (file.kind === 'missing') return 'there is no such file';
  return file.kind === 'unusable' ? file.why : undefined;
}

/** Standard input, as `-f -` names it. */
export const STDIN = '-';

/** Compose takes names of services where nap takes files. */
const NO_SERVICES =
  'this command takes Compose files; for one service there are scale, restart, stop and start';

const isBareWord = (file: string): boolean => /^[^.]+$/.test(basename(file));

/** One load: what is shared by all files of it, included and extended ones too. */
export class Session {
  readonly findings: Findings;
  /** Files that were used, in the order of reading. */
  readonly files = new Set<string>();
  /** Files of the v1 format: links of theirs give more names, and their volumes need no declaration. */
  readonly v1Files = new Set<string>();
  /** How often a file was included so far. */
  includes = 0;
  /** Variables stay as they are written. */
  readonly keepsVariables: boolean;
  /** The variables of each file that was read, by its name in places: an included one has its own. */
  readonly lookups = new Map<string, Lookup>();
  readonly #readFile: ReadFile;
  readonly #documents = new Map<string, Promise<readonly Node[]>>();

  constructor(readFile: ReadFile, findings: Findings, keepsVariables = false) {
    this.#readFile = readFile;
    this.findings = findings;
    this.keepsVariables = keepsVariables;
  }

  async bytes(file: string): Promise<FileBytes> {
    const bytes = await this.#readFile(file);
    if (bytes.kind === 'bytes') this.files.add(file);
    return bytes;
  }

  async text(file: string): Promise<FileText> {
    const read = await this.bytes(file);
    return read.kind === 'bytes' ? decode(read.bytes) : read;
  }

  /** The documents of a Compose file; none of one that is empty. What is wrong with the file is blamed on the place that names it, when there is one. */
  documents(
    file: string,
    blame?: { readonly place: Place; readonly path: string },
  ): Promise<readonly Node[]> {
    const known = this.#documents.get(file);
    if (known !== undefined) return known;
    const documents = this.#parse(file, blame ?? { place: startOf(file), path: '' });
    this.#documents.set(file, documents);
    return documents;
  }

  async #parse(file: string, blame: { place: Place; path: string }): Promise<readonly Node[]> {
    const text = await this.text(file);
    if (text.kind !== 'text') {
      const why = `cannot read ${nameOf(file)}: ${troubleWith(text) ?? ''}`;
      // Only a file that the command line names is blamed on nothing in a file.
      const isService = text.kind === 'missing' && blame.path === '' && isBareWord(file);
      this.findings.error(blame.place, blame.path, why, isService ? NO_SERVICES : undefined);
      return [brokenNode(blame.place)];
    }
    return parseYaml(text.text, nameOf(file), this.findings);
  }
}

export function nameOf(file: string): string {
  return file === STDIN ? 'standard input' : file;
}

export function startOf(file: string): Place {
  return { file: nameOf(file), line: 1, column: 1 };
}

/** One project of a load: the outermost, or one that is included. */
export class Scope {
  readonly session: Session;
  /** Relative paths of its own files resolve against it. */
  readonly directory: string;
  readonly lookup: Lookup;
  readonly #interpolation: TreeInterpolation;
  /** The files whose includes led here. */
  readonly includedFrom: readonly string[];

  constructor(
    session: Session,
    directory: string,
    lookup: Lookup,
    includedFrom: readonly string[] = [],
  ) {
    this.session = session;
    this.directory = directory;
    this.lookup = lookup;
    this.#interpolation = new TreeInterpolation(lookup, session.findings);
    this.includedFrom = includedFrom;
  }

  /** The tree with its variables replaced, unless the load leaves them as they are written. */
  interpolated(node: Node, path: string): Node {
    return this.session.keepsVariables ? node : this.#interpolation.apply(node, path);
  }

  /** For reading values of a file whose relative paths start from a directory. */
  readContext(baseDirectory: string): ReadContext {
    const { findings, lookup, session } = this;
    return { findings, lookup, baseDirectory, keepsVariables: session.keepsVariables };
  }

  get findings(): Findings {
    return this.session.findings;
  }
}
