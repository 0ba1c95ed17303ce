import { applyExtends } from './extends.js';
import { inTodaysFormat } from './todays-format.js';
import { applyIncludes } from './include.js';
import { mergeValues } from './merge.js';
import { brokenNode, entriesOf, mapNode, type MapNode, type Node } from './node.js';
import { STDIN, startOf, type Scope } from './session.js';
import { readValue } from './shape.js';
import { root as rootShape } from './top-level.js';

/** One document, read: variables replaced, canonical, with what it includes and extends. */
async function readDocument(document: Node, file: string, scope: Scope): Promise<Node> {
  const raw = inTodaysFormat(document, scope);
  if (raw === undefined) return brokenNode(document.place);
  scope.session.lookups.set(document.place.file, scope.lookup);
  const context = scope.readContext(scope.directory);
  const read = readValue(rootShape, scope.interpolated(raw, ''), '', context);
  if (read.kind !== 'map') return read;
  const included = await applyIncludes(read, file, scope, loadFiles);
  return applyExtends(included, file, scope);
}

/** A version alone says nothing either. Taken for a project without services, it would remove all that runs. */
function saysNothing(merged: Node | undefined): boolean {
  return entriesOf(merged).every(([key]) => key === 'version');
}

/** The merged tree of several files, later ones over earlier ones. Marks are still on it. */
export async function loadFiles(files: readonly string[], scope: Scope): Promise<MapNode> {
  let merged: Node | undefined;
  for (const file of files) {
    for (const document of await scope.session.documents(file)) {
      const next = await readDocument(document, file, scope);
      if (next.kind === 'map') merged = mergeValues(rootShape.merge, merged, next);
    }
  }
  // One of several may be empty: an override file of which nothing is left, or is there yet.
  if (!scope.findings.hasErrors && saysNothing(merged)) {
    scope.findings.error(startOf(files[0] ?? STDIN), '', 'the file is empty');
  }
  return merged?.kind === 'map' ? merged : mapNode([], startOf(files[0] ?? STDIN));
}
