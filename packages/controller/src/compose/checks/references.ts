import { splitLink } from '../canonicalise/links.js';
import {
  boolAt,
  child,
  entriesOf,
  itemsOf,
  textAt,
  textsOf,
  type Entry,
  type Node,
} from '../node.js';
import { didYouMean } from '../shape.js';
import type { Checked, CheckedService } from './check.js';

interface Dependency extends Entry {
  /** The key that the user wrote. */
  readonly key: 'links' | 'depends_on';
}

function hintFor(name: string, known: readonly string[], declare: string): string {
  return didYouMean(name, known) ?? declare;
}

function isHealthDisabled(service: Node | undefined): boolean {
  const health = child(service, 'healthcheck');
  return boolAt(health, 'disable') === true || textsOf(child(health, 'test'))[0] === 'NONE';
}

function neverEnds(service: Node | undefined): boolean {
  const policy = child(child(service, 'deploy'), 'restart_policy');
  if (policy !== undefined) return (textAt(policy, 'condition') ?? 'any') === 'any';
  return /^(always|unless-stopped)$/.test(textAt(service, 'restart') ?? 'no');
}

/** A condition that the other service can never meet. */
function checkCondition(dependency: Entry, name: string, path: string, checked: Checked): void {
  const { place } = child(dependency.value, 'condition') ?? dependency.value;
  const condition = textAt(dependency.value, 'condition');
  const other = child(child(checked.root, 'services'), name);
  if (condition === 'service_healthy' && isHealthDisabled(other)) {
    checked.findings.error(
      place,
      `${path}.condition`,
      `${name} never becomes healthy: its healthcheck is disabled`,
      'use condition: service_started, or give it a healthcheck',
    );
  }
  if (condition === 'service_completed_successfully' && neverEnds(other)) {
    checked.findings.warning(
      place,
      `${path}.condition`,
      `${name} never completes: it is started again whenever it ends`,
      `give ${name} restart: "no" or on-failure`,
    );
  }
}

function checkDependency(
  service: CheckedService,
  name: string,
  dependency: Dependency,
  checked: Checked,
): void {
  const { findings, services, disabled } = checked;
  const path = `${service.path}.${dependency.key}.${name}`;
  if (child(child(checked.root, 'services'), name) !== undefined) {
    checkCondition(dependency, name, path, checked);
    return;
  }
  if (!disabled.has(name)) {
    const names = services.map((other) => other.name);
    const hint = hintFor(name, names, 'depends_on and links name services of the same project');
    findings.error(dependency.keyPlace, path, `there is no service "${name}"`, hint);
  } else if (boolAt(dependency.value, 'required') !== false) {
    findings.error(
      dependency.keyPlace,
      path,
      `no active profile enables the service "${name}"`,
      'activate a profile of it with --profile, or make it required: false',
    );
  }
}

function checkVolumes(service: CheckedService, checked: Checked): void {
  const declared = child(checked.root, 'volumes');
  for (const mount of itemsOf(child(service.node, 'volumes'))) {
    const source = textAt(mount, 'source');
    if (textAt(mount, 'type') !== 'volume' || source === undefined) continue;
    if (child(declared, source) !== undefined) continue;
    const names = entriesOf(declared).map(([name]) => name);
    const { place } = child(mount, 'source') ?? mount;
    checked.findings.error(
      place,
      `${service.path}.volumes`,
      `the volume "${source}" is not declared`,
      hintFor(
        source,
        names,
        `declare it under the top-level key volumes, or write ./${source} for a directory`,
      ),
    );
  }
}

function checkNetworks(service: CheckedService, checked: Checked): void {
  const declared = child(checked.root, 'networks');
  const names = entriesOf(declared).map(([name]) => name);
  for (const [name, { keyPlace }] of entriesOf(child(service.node, 'networks'))) {
    if (child(declared, name) !== undefined) continue;
    const hint = hintFor(name, names, 'declare it under the top-level key networks');
    const path = `${service.path}.networks.${name}`;
    checked.findings.error(keyPlace, path, `the network "${name}" is not declared`, hint);
  }
}

function checkLinks(service: CheckedService, { findings }: Checked): void {
  const targets = new Map<string, string>();
  for (const link of itemsOf(child(service.node, 'links'))) {
    if (link.kind !== 'scalar') continue;
    const { name, alias } = splitLink(String(link.value));
    const other = targets.get(alias);
    if (other !== undefined && other !== name) {
      const message = `the alias "${alias}" stands for ${other} and for ${name}`;
      findings.error(link.place, `${service.path}.links`, message, 'give each its own alias');
    }
    targets.set(alias, name);
  }
}

/** Whatever a service names exists, and can be what the service waits for. */
export function checkReferences(checked: Checked): void {
  for (const service of checked.services) {
    const linked = new Set(itemsOf(child(service.node, 'links')).map(({ place }) => place));
    for (const [name, entry] of entriesOf(child(service.node, 'depends_on'))) {
      // A dependency that a link implies stands where the link does.
      const key = linked.has(entry.keyPlace) ? 'links' : 'depends_on';
      checkDependency(service, name, { ...entry, key }, checked);
    }
    checkLinks(service, checked);
    checkVolumes(service, checked);
    checkNetworks(service, checked);
  }
}
