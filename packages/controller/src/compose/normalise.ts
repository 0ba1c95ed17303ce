import type { ProjectName } from '@nap/shared';
import { withBuildDefaults } from './canonicalise/build.js';
import { impliedDependencies, type ImpliedDependency } from './implied-dependencies.js';
import {
  boolAt,
  child,
  entriesOf,
  isNull,
  itemsOf,
  mapNode,
  recordNode,
  scalarNode,
  textAt,
  withEntries,
  type Entry,
  type MapNode,
  type Node,
} from './node.js';

function dependencyNode({ place, restarts }: ImpliedDependency): Node {
  return recordNode(
    {
      condition: scalarNode('service_started', place),
      required: scalarNode(true, place),
      restart: restarts ? scalarNode(true, place) : undefined,
    },
    place,
  );
}

/** A link is a dependency too, and so is whatever else names a service. */
function withImpliedDependencies(service: MapNode): MapNode {
  const dependencies = new Map<string, Entry>(entriesOf(child(service, 'depends_on')));
  for (const implied of impliedDependencies(service)) {
    if (dependencies.has(implied.name)) continue;
    const entry = { keyPlace: implied.place, value: dependencyNode(implied) };
    dependencies.set(implied.name, entry);
  }
  if (dependencies.size === 0) return service;
  return withEntries(service, { depends_on: mapNode(dependencies, service.place) });
}

function normaliseService(service: Node, directory: string): Node {
  if (service.kind !== 'map') return service;
  const known = withBuildDefaults(withImpliedDependencies(service), directory);
  // Empty as of a variable without a value: the default.
  const hasMode = known.entries.has('network_mode') && textAt(known, 'network_mode') !== '';
  const hasNetwork = hasMode || known.entries.has('networks');
  if (hasNetwork) return known;
  const networks = recordNode({ default: scalarNode(null, service.place) }, service.place);
  return withEntries(known, { networks });
}

function mapServices(root: MapNode, change: (service: Node) => Node): MapNode {
  const services = child(root, 'services');
  if (services?.kind !== 'map') return root;
  const entries = [...services.entries].map(
    ([name, entry]) => [name, { ...entry, value: change(entry.value) }] as const,
  );
  return withEntries(root, { services: mapNode(entries, services.place) });
}

/** Named volumes of v1 files need no declaration. */
function withV1Volumes(root: MapNode, v1Files: ReadonlySet<string>): MapNode {
  const declared = child(root, 'volumes');
  const volumes = new Map<string, Entry>(entriesOf(declared));
  for (const [, { value: service }] of entriesOf(child(root, 'services'))) {
    for (const mount of itemsOf(child(service, 'volumes'))) {
      const source = textAt(mount, 'source');
      const isNamed = textAt(mount, 'type') === 'volume' && source !== undefined;
      if (!isNamed || volumes.has(source) || !v1Files.has(mount.place.file)) continue;
      volumes.set(source, { keyPlace: mount.place, value: recordNode({}, mount.place) });
    }
  }
  if (volumes.size === 0) return root;
  return withEntries(root, { volumes: mapNode(volumes, declared?.place ?? root.place) });
}

/** Resources get the names that the engine knows them by: `PROJECT_KEY`, unless they have one or are not ours. */
function withNames(resources: Node | undefined, project: ProjectName): MapNode | undefined {
  if (resources?.kind !== 'map') return undefined;
  const entries = [...resources.entries].map(([key, entry]) => {
    const { value, keyPlace } = entry;
    const map = value.kind === 'map' ? value : recordNode({}, keyPlace);
    if (value.kind !== 'map' && !isNull(value)) return [key, entry] as const;
    const name = boolAt(map, 'external') === true ? key : `${project}_${key}`;
    const named = child(map, 'name') ?? scalarNode(name, keyPlace);
    return [key, { keyPlace, value: withEntries(map, { name: named }) }] as const;
  });
  return mapNode(entries, resources.place);
}

const RESOURCES = ['networks', 'volumes', 'configs', 'secrets'] as const;

interface Surroundings {
  readonly project: ProjectName;
  /** Of the project, absolute. */
  readonly directory: string;
  readonly v1Files: ReadonlySet<string>;
}

/** What a project has without saying so: the default network, dependencies of links and partners, names of resources. */
export function normalise(root: MapNode, { project, directory, v1Files }: Surroundings): MapNode {
  const services = mapServices(root, (service) => normaliseService(service, directory));
  const normal = withV1Volumes(services, v1Files);
  const usesDefault = entriesOf(child(normal, 'services')).some(
    ([, { value }]) => child(child(value, 'networks'), 'default') !== undefined,
  );
  const networks = child(normal, 'networks');
  const withDefault =
    usesDefault && child(networks, 'default') === undefined
      ? withEntries(networks?.kind === 'map' ? networks : recordNode({}, root.place), {
          default: recordNode({}, root.place),
        })
      : networks;
  const named = withEntries(normal, withDefault === undefined ? {} : { networks: withDefault });
  return withEntries(named, {
    ...Object.fromEntries(RESOURCES.map((kind) => [kind, withNames(child(named, kind), project)])),
  });
}
