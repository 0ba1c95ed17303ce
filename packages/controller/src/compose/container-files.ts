import {
  boolAt,
  child,
  entriesOf,
  itemsOf,
  mapNode,
  scalarNode,
  textAt,
  textsOf,
  withEntries,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';
import { readEnvFiles, type EnvFileReference } from './environment.js';
import type { EnvEntries } from './env-file.js';
import type { Scope } from './session.js';

function references(node: Node | undefined): readonly EnvFileReference[] {
  return itemsOf(node).map((item) => {
    const format = textAt(item, 'format');
    return {
      path: textAt(item, 'path') ?? '',
      required: boolAt(item, 'required') ?? true,
      ...(format === undefined ? {} : { format }),
    };
  });
}

/** What a file says, beneath what the service says itself. */
function beneath(entries: EnvEntries, own: Node | undefined, place: Node['place']): MapNode {
  const merged = new Map<string, Entry>();
  for (const [key, entry] of entries) {
    merged.set(key, { keyPlace: entry.place, value: scalarNode(entry.value, entry.place) });
  }
  for (const [key, entry] of entriesOf(own)) merged.set(key, entry);
  return mapNode(merged, own?.place ?? place);
}

/** Variables and labels that all services of a project take from files. */
const FOLDED_MAX = 200_000;

async function foldFiles(name: string, service: MapNode, scope: Scope): Promise<MapNode> {
  const envFile = child(service, 'env_file');
  const labelFile = child(service, 'label_file');
  let folded = service;
  if (envFile !== undefined) {
    const blame = { place: envFile.place, path: `services.${name}.env_file` };
    const read = await readEnvFiles(references(envFile), scope.lookup, scope.session, blame);
    const environment = beneath(read, child(service, 'environment'), envFile.place);
    folded = withEntries(folded, { env_file: undefined, environment });
  }
  if (labelFile !== undefined) {
    const blame = { place: labelFile.place, path: `services.${name}.label_file` };
    const files = textsOf(labelFile).map((path) => ({ path, required: true }));
    const read = await readEnvFiles(files, scope.lookup, scope.session, blame);
    const labels = beneath(read, child(service, 'labels'), labelFile.place);
    folded = withEntries(folded, { label_file: undefined, labels });
  }
  return folded;
}

/** Reads `env_file` and `label_file` of every service and folds them under `environment` and `labels`. */
export async function foldContainerFiles(root: MapNode, scope: Scope): Promise<MapNode> {
  const services = child(root, 'services');
  if (services?.kind !== 'map') return root;
  const folded: [string, Entry][] = [];
  let taken = 0;
  for (const [name, entry] of services.entries) {
    if (taken > FOLDED_MAX) {
      const message = `the env and label files of all services have more than ${FOLDED_MAX} entries`;
      scope.findings.error(entry.keyPlace, `services.${name}`, message);
      break;
    }
    const { value: service } = entry;
    const value = service.kind === 'map' ? await foldFiles(name, service, scope) : service;
    if (value !== service) taken += entriesOf(child(value, 'environment')).length;
    if (value !== service) taken += entriesOf(child(value, 'labels')).length;
    folded.push([name, { ...entry, value }]);
  }
  return withEntries(root, { services: mapNode(folded, services.place) });
}
