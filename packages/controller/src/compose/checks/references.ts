import { didYouMean } from '../../did-you-mean.js';
import { FILE_KINDS } from '../canonicalise/file-grants.js';
import { splitLink } from '../canonicalise/links.js';
import {
  boolAt,
  child,
  entriesOf,
  itemsOf,
  recordNode,
  textAt,
  textsOf,
  type Entry,
  type Node,
} from '../node.js';
import { impliedDependencies, type ImpliedDependency } from '../implied-dependencies.js';
import { restartOf } from '../carry/restart.js';
import type { Checked, CheckedService } from './check.js';

interface Dependency extends Entry {
  /** The key that the user wrote. */
  readonly key: ImpliedDependency['key'] | 'depends_on';
}

function hintFor(name: string, known: readonly string[], declare: string): string {
  return didYouMean(name, known) ?? declare;
}

function isHealthDisabled(service: Node | undefined): boolean {
  const health = child(service, 'healthcheck');
  return boolAt(health, 'disable') === true || textsOf(child(health, 'test'))[0] === 'NONE';
}

function neverEnds(service: Node | undefined): boolean {
  return service !== undefined && /^(always|unless-stopped)$/.test(restartOf(service).condition);
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
    const hint = hintFor(name, names, `${dependency.key} names services of the same project`);
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

function checkFiles(service: CheckedService, checked: Checked): void {
  for (const kind of FILE_KINDS) {
    const declared = child(checked.root, `${kind}s`);
    for (const grant of itemsOf(child(service.node, `${kind}s`))) {
      const source = textAt(grant, 'source');
      if (source === undefined || child(declared, source) !== undefined) continue;
      const names = entriesOf(declared).map(([name]) => name);
      checked.findings.error(
        grant.place,
        `${service.path}.${kind}s`,
        `the ${kind} "${source}" is not declared`,
        hintFor(source, names, `declare it under the top-level key ${kind}s`),
      );
    }
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

/** What stands under depends_on itself, and what other keys imply. */
function dependenciesOf({ node }: CheckedService): readonly (readonly [string, Dependency])[] {
  const implied = impliedDependencies(node);
  const places = new Set(implied.map(({ place }) => place));
  const written = entriesOf(child(node, 'depends_on')).filter(
    ([, { keyPlace }]) => !places.has(keyPlace),
  );
  const optional = new Set(written.map(([name]) => name));
  return [
    ...written.map(([name, entry]) => [name, { ...entry, key: 'depends_on' }] as const),
    // A link can be without its service, where depends_on says so; what is shared cannot.
    ...implied
      .filter(({ key, name }) => key !== 'links' || !optional.has(name))
      .map(({ key, name, place }) => {
        const dependency = { key, keyPlace: place, value: recordNode({}, place) };
        return [name, dependency] as const;
      }),
  ];
}

/** Whatever a service names exists, and can be what the service waits for. */
export function checkReferences(checked: Checked): void {
  for (const service of checked.services) {
    for (const [name, dependency] of dependenciesOf(service)) {
      checkDependency(service, name, dependency, checked);
    }
    checkLinks(service, checked);
    checkVolumes(service, checked);
    checkNetworks(service, checked);
    checkFiles(service, checked);
  }
}
