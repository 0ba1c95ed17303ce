import {
  child,
  entriesOf,
  mapNode,
  textsOf,
  withEntries,
  type MapNode,
  type Node,
} from './node.js';

/** Active profiles: those given, else COMPOSE_PROFILES. The two do not add up. */
export function activeProfiles(
  given: readonly string[] | undefined,
  variable: string | undefined,
): ReadonlySet<string> {
  const names = given !== undefined && given.length > 0 ? given : (variable ?? '').split(',');
  return new Set(names.map((name) => name.trim()).filter((name) => name !== ''));
}

/** An empty name is none, as for Docker Compose: `"${PROFILE:-}"` without a value keeps the service on. */
function isEnabled(service: Node, active: ReadonlySet<string>): boolean {
  const profiles = textsOf(child(service, 'profiles')).filter((name) => name !== '');
  return profiles.length === 0 || active.has('*') || profiles.some((name) => active.has(name));
}

/** Every profile that a service names, each once. */
export function profilesOf(root: MapNode): readonly string[] {
  const services = entriesOf(child(root, 'services'));
  const names = services.flatMap(([, { value }]) => textsOf(child(value, 'profiles')));
  return [...new Set(names)].sort();
}

export interface Selection {
  /** The tree with the enabled services only. */
  readonly root: MapNode;
  /** Names of services that no active profile enables. */
  readonly disabled: ReadonlySet<string>;
}

export function selectServices(root: MapNode, active: ReadonlySet<string>): Selection {
  const services = child(root, 'services');
  if (services?.kind !== 'map') return { root, disabled: new Set() };
  const enabled = entriesOf(services).filter(([, { value }]) => isEnabled(value, active));
  const names = new Set(enabled.map(([name]) => name));
  return {
    root: withEntries(root, { services: mapNode(enabled, services.place) }),
    disabled: new Set([...services.entries.keys()].filter((name) => !names.has(name))),
  };
}
