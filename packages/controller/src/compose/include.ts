import { dirname, join } from 'node:path';
import { layered, readEnvFiles } from './environment.js';
import { mergeValues, stripMarks } from './merge.js';
import { child, itemsOf, textAt, textsOf, withEntries, type MapNode, type Node } from './node.js';
import { nameOf, Scope } from './session.js';
import { root as rootShape } from './top-level.js';

/** Depth of includes within includes. */
const DEPTH_MAX = 50;
/** Includes of one load, counted as often as they are reached: two of the next in each file double with every level. */
const INCLUDES_MAX = 500;

/** Passed in, because loading files and including them call each other. */
type LoadFiles = (files: readonly string[], scope: Scope) => Promise<MapNode>;

/** An include is a project of its own: its directory for paths, and its own `.env` beneath the outer environment. */
async function includeScope(
  entry: Node,
  files: readonly string[],
  from: string,
  scope: Scope,
): Promise<Scope> {
  const directory = textAt(entry, 'project_directory') ?? dirname(files[0] ?? from);
  const given = textsOf(child(entry, 'env_file'));
  const envFiles =
    given.length > 0
      ? given.map((path) => ({ path, required: true }))
      : [{ path: join(directory, '.env'), required: false }];
  const blame = { place: entry.place, path: 'include' };
  const own = await readEnvFiles(envFiles, scope.lookup, scope.session, blame);
  return new Scope(scope.session, directory, layered(scope.lookup, own), [
    ...scope.includedFrom,
    from,
  ]);
}

/** What forbids to include these files from that one. */
function whyNot(files: readonly string[], from: string, scope: Scope): string | undefined {
  const outer = [...scope.includedFrom, from];
  const first = outer.findIndex((file) => files.includes(file));
  if (first !== -1) {
    const chain = [...outer.slice(first), outer[first] ?? from].map(nameOf).join(' → ');
    return `files include each other in a circle: ${chain}`;
  }
  if (outer.length > DEPTH_MAX) return `more than ${DEPTH_MAX} levels of files that include others`;
  return scope.session.includes < INCLUDES_MAX ? undefined : `more than ${INCLUDES_MAX} includes`;
}

/** Merges the tree over everything that it includes. */
export async function applyIncludes(
  root: MapNode,
  file: string,
  scope: Scope,
  loadFiles: LoadFiles,
): Promise<MapNode> {
  let merged = withEntries(root, { include: undefined });
  const included: Node[] = [];
  for (const entry of itemsOf(child(root, 'include'))) {
    const files = textsOf(child(entry, 'path'));
    const refusal = whyNot(files, file, scope);
    if (refusal !== undefined) scope.findings.error(entry.place, 'include', refusal);
    if (refusal !== undefined || files.length === 0) continue;
    scope.session.includes += 1;
    const inner = await includeScope(entry, files, file, scope);
    for (const path of files) {
      // Read here first, so that a missing file is blamed on the include.
      await scope.session.documents(path, { place: entry.place, path: 'include' });
    }
    const tree = await loadFiles(files, inner);
    included.push(stripMarks(withEntries(tree, { name: undefined, version: undefined })));
  }
  for (const tree of included.reverse()) {
    const joined = mergeValues(rootShape.merge, tree, merged);
    if (joined.kind === 'map') merged = joined;
  }
  return merged;
}
