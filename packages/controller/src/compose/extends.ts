import type { Place } from '@nap/shared';
import { dirname } from 'node:path';
import { didYouMean } from '../did-you-mean.js';
import { service as serviceShape } from './attributes.js';
import { inTodaysFormat } from './todays-format.js';
import { mergeValues, stripMarks } from './merge.js';
import {
  brokenNode,
  child,
  entriesOf,
  itemsOf,
  textAt,
  withEntries,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';
import { nameOf, startOf, type Scope } from './session.js';
import { readValue } from './shape.js';

/** Services of one file in canonical form, each read when it is asked for: problems of others are not ours to report. */
interface Source {
  readonly file: string;
  service(name: string): Node | undefined;
  readonly names: readonly string[];
  /** Services that have what they extend beneath them already. */
  readonly resolved: Map<string, Node>;
}

/** Services of one chain: far above any real one, far below the stack. */
const CHAIN_MAX = 1000;
/** Values of all services with what they inherit, which multiplies. */
const INHERITED_VALUES_MAX = 200_000;

function sizeOf(node: Node): number {
  let size = 1;
  for (const item of itemsOf(node)) size += sizeOf(item);
  for (const [, { value }] of entriesOf(node)) size += sizeOf(value);
  return size;
}

/** The resolving of one tree: the files that it has opened so far. */
class Extending {
  readonly #scope: Scope;
  readonly #sources = new Map<string, Promise<Source | undefined>>();
  #values = 0;
  #isFull = false;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** The service with what it extends merged beneath it. `chain` names the services that led here. */
  async resolve(source: Source, name: string, chain: readonly string[]): Promise<Node> {
    const node = source.service(name);
    const reference = child(node, 'extends');
    if (node?.kind !== 'map' || reference === undefined) {
      return node ?? brokenNode(startOf(source.file));
    }
    if (reference.kind !== 'map') return orphan(withEntries(node, { extends: undefined }));
    const known = source.resolved.get(name);
    if (known !== undefined) return known;
    const own = withEntries(node, { extends: undefined });
    const links = [...chain, linkName(source.file, name)];
    const parent = await this.#parent(source, name, reference, links);
    const merged =
      parent === undefined ? orphan(own) : mergeValues(serviceShape.merge, parent, own);
    this.#values += sizeOf(merged);
    source.resolved.set(name, merged);
    return merged;
  }

  async #parent(
    source: Source,
    name: string,
    reference: MapNode,
    links: readonly string[],
  ): Promise<Node | undefined> {
    const { findings } = this.#scope;
    const path = `services.${name}.extends`;
    const parentName = textAt(reference, 'service') ?? '';
    const parentFile = textAt(reference, 'file') ?? source.file;
    // Said once already.
    if (this.#isFull) return undefined;
    const refusal = this.#whyNot(linkName(parentFile, parentName), links);
    if (refusal !== undefined) {
      findings.error(reference.place, path, refusal);
      return undefined;
    }
    const isSame = parentFile === source.file;
    const parents = isSame ? source : await this.#open(parentFile, reference.place, path);
    if (parents === undefined) return undefined;
    if (parents.service(parentName) === undefined) {
      const where = nameOf(parentFile);
      const message = `cannot extend service "${name}" in ${nameOf(source.file)}: service "${parentName}" not found in ${where}`;
      findings.error(reference.place, path, message, didYouMean(parentName, parents.names));
      return undefined;
    }
    return stripMarks(await this.resolve(parents, parentName, links));
  }

  #whyNot(link: string, links: readonly string[]): string | undefined {
    if (links.includes(link)) {
      const circle = [...links.slice(links.indexOf(link)), link].join(' → ');
      return `services extend each other in a circle: ${circle}`;
    }
    if (links.length > CHAIN_MAX) return `more than ${CHAIN_MAX} services extend one another`;
    this.#isFull = this.#values > INHERITED_VALUES_MAX;
    if (!this.#isFull) return undefined;
    return `more than ${INHERITED_VALUES_MAX} values, those inherited counted for each service`;
  }

  #open(file: string, place: Place, path: string): Promise<Source | undefined> {
    const known = this.#sources.get(file);
    const source = known ?? openSource(file, { place, path }, this.#scope);
    this.#sources.set(file, source);
    return source;
  }
}

/** What it does not inherit is no second problem: an image may have come from there. */
function orphan(service: MapNode): MapNode {
  if (service.entries.has('image')) return service;
  return withEntries(service, { image: brokenNode(service.place) });
}

function linkName(file: string, name: string): string {
  return `${name} (${nameOf(file)})`;
}

async function openSource(
  file: string,
  blame: { readonly place: Place; readonly path: string },
  scope: Scope,
): Promise<Source | undefined> {
  const documents = await scope.session.documents(file, blame);
  if (documents.length === 0) {
    scope.findings.error(blame.place, blame.path, `${nameOf(file)} is empty`);
  }
  if (documents.every((document) => document.kind === 'broken')) return undefined;
  const raw = new Map<string, Node>();
  for (const document of documents) {
    const root = inTodaysFormat(document, scope);
    for (const [name, { value }] of entriesOf(child(root, 'services'))) raw.set(name, value);
  }
  const read = new Map<string, Node>();
  const context = scope.readContext(dirname(file));
  return {
    file,
    names: [...raw.keys()],
    resolved: new Map(),
    service: (name) => {
      const node = read.get(name) ?? raw.get(name);
      if (node === undefined || read.has(name)) return node;
      const at = `services.${name}`;
      const value = readValue(serviceShape, scope.interpolated(node, at), at, context);
      read.set(name, value);
      return value;
    },
  };
}

/** Replaces every `extends` by what it inherits. The file is the one that the tree was read from. */
export async function applyExtends(root: MapNode, file: string, scope: Scope): Promise<MapNode> {
  const services = child(root, 'services');
  if (services?.kind !== 'map') return root;
  const source: Source = {
    file,
    names: [...services.entries.keys()],
    service: (name) => child(services, name),
    resolved: new Map(),
  };
  const extending = new Extending(scope);
  const entries = new Map<string, Entry>();
  // One after the other: those that come later find resolved what they extend.
  for (const [name, entry] of services.entries) {
    entries.set(name, { ...entry, value: await extending.resolve(source, name, []) });
  }
  return withEntries(root, { services: { ...services, entries } });
}
