import type { Place } from '@nap/shared';
import { FILE_KINDS, grantTarget } from '../canonicalise/file-grants.js';
import { cleanTarget } from '../canonicalise/paths.js';
import { parseTmpfs, unknownOptions } from '../canonicalise/tmpfs.js';
import { boolAt, child, entriesOf, itemPath, itemsOf, textAt, type Node } from '../node.js';
import { isOneOf } from '../support.js';
import type { Checked, CheckedService } from './check.js';

function tmpfsTargets(service: CheckedService): readonly (readonly [string, Place])[] {
  return itemsOf(child(service.node, 'tmpfs')).flatMap((item) => {
    const mount = item.kind === 'scalar' ? parseTmpfs(String(item.value)) : undefined;
    return mount === undefined ? [] : [[mount.target, item.place] as const];
  });
}

function fileTargets({ node }: CheckedService): readonly (readonly [string, Place])[] {
  return FILE_KINDS.flatMap((kind) =>
    itemsOf(child(node, `${kind}s`)).map(
      (grant) => [grantTarget(kind, grant), grant.place] as const,
    ),
  );
}

function checkTargets(service: CheckedService, { findings }: Checked): void {
  const volumes = itemsOf(child(service.node, 'volumes')).flatMap((mount) => {
    const target = textAt(mount, 'target');
    return target === undefined ? [] : [[cleanTarget(target), mount.place] as const];
  });
  const taken = new Map<string, Place>();
  for (const [target, place] of [...volumes, ...tmpfsTargets(service), ...fileTargets(service)]) {
    const first = taken.get(target);
    if (first === undefined) {
      taken.set(target, place);
      continue;
    }
    const message = `two mounts on ${target}: the other is in line ${first.line}`;
    findings.error(place, `${service.path}.volumes`, message, 'keep one of them');
  }
}

function checkTmpfsOptions(service: CheckedService, { findings }: Checked): void {
  for (const item of itemsOf(child(service.node, 'tmpfs'))) {
    const mount = item.kind === 'scalar' ? parseTmpfs(String(item.value)) : undefined;
    if (mount === undefined) continue;
    for (const option of unknownOptions(mount)) {
      findings.refused({
        place: item.place,
        path: `${service.path}.tmpfs`,
        why: `"${option}" is not an option of a tmpfs mount`,
        wayOut: 'such as size=64m, mode=1777, uid=1000, gid=1000, noexec',
      });
    }
  }
}

/** A path written relative to the file exists where nap-controller runs, and hardly on the hosts. */
function checkBind(mount: Node, service: CheckedService, { findings }: Checked): void {
  const source = child(mount, 'source');
  const written = source?.kind === 'scalar' ? source.written : undefined;
  if (textAt(mount, 'type') !== 'bind' || written === undefined || !/^[.~]/.test(written)) return;
  findings.warning(
    mount.place,
    `${service.path}.volumes`,
    `"${written}" is ${textAt(mount, 'source') ?? ''} on whichever host runs the instance`,
    'nap copies no files to the hosts: put them there, into the image, or on a shared volume',
  );
}

/** What the engine would refuse when the container is created. */
function checkRecursive(mount: Node, service: CheckedService, { findings }: Checked): void {
  const recursive = child(child(mount, 'bind'), 'recursive');
  const isAboutWriting = /^(writable|readonly)$/.test(
    textAt(child(mount, 'bind'), 'recursive') ?? '',
  );
  if (recursive === undefined || !isAboutWriting || boolAt(mount, 'read_only') === true) return;
  const message = 'recursive says what is below a mount that is read-only, and this one is not';
  findings.error(recursive.place, `${service.path}.volumes`, message, 'add read_only: true');
}

function checkSubpath(mount: Node, service: CheckedService, { findings }: Checked): void {
  const subpath = child(child(mount, 'volume'), 'subpath');
  if (subpath === undefined || child(mount, 'source') !== undefined) return;
  const message = 'an anonymous volume is empty: it has no subpath';
  findings.error(subpath.place, `${service.path}.volumes`, message, 'add source: VOLUME');
}

function checkReadOnlyTmpfs(mount: Node, service: CheckedService, { findings }: Checked): void {
  if (textAt(mount, 'type') !== 'tmpfs') return;
  for (const key of ['read_only', 'source'] as const) {
    const value = child(mount, key);
    if (value === undefined) continue;
    const message = `a tmpfs mount has no ${key}`;
    findings.error(value.place, `${service.path}.volumes`, message, 'remove it from the mount');
  }
}

const TYPES_WITH_OPTIONS = ['bind', 'volume', 'tmpfs', 'image'] as const;

/** What a mount of another type has anyway: the engine labels its volumes so, and copies nothing into a path of the host. */
function isSoAnyway(type: string, option: string, value: Node): boolean {
  if (type === 'volume') return option === 'bind.selinux' && isOneOf('z')(value);
  return type === 'bind' && option === 'volume.nocopy';
}

/** The engine takes the options of a mount's own type only; Docker Compose warns too ("should not define `bind` option"). */
function checkOtherOptions(mount: Node, path: string, { findings }: Checked): void {
  const type = textAt(mount, 'type') ?? '';
  for (const other of TYPES_WITH_OPTIONS) {
    if (other === type) continue;
    for (const [key, { keyPlace: place, value }] of entriesOf(child(mount, other))) {
      if (isSoAnyway(type, `${other}.${key}`, value)) continue;
      const why =
        type === 'volume' && key === 'selinux'
          ? 'the engine labels its volumes for all containers (z)'
          : `${key} is for mounts of type ${other}, and this one is of type ${type}`;
      findings.ignored({ place, path: `${path}.${other}.${key}`, why });
    }
  }
}

function checkExternal(checked: Checked): void {
  for (const [name, { value }] of entriesOf(child(checked.root, 'volumes'))) {
    if (boolAt(value, 'external') !== true) continue;
    for (const key of ['driver', 'driver_opts', 'labels'] as const) {
      const setting = child(value, key);
      if (setting === undefined) continue;
      checked.findings.error(
        setting.place,
        `volumes.${name}.${key}`,
        'an external volume is used as it is: it takes no other settings than name',
        `remove ${key}, or external`,
      );
    }
  }
}

/** One mount for each target, and nothing said that nap would not do. */
export function checkMounts(checked: Checked): void {
  for (const service of checked.services) {
    checkTargets(service, checked);
    checkTmpfsOptions(service, checked);
    for (const [index, mount] of itemsOf(child(service.node, 'volumes')).entries()) {
      checkOtherOptions(mount, itemPath(`${service.path}.volumes`, index), checked);
      checkBind(mount, service, checked);
      checkReadOnlyTmpfs(mount, service, checked);
      checkRecursive(mount, service, checked);
      checkSubpath(mount, service, checked);
    }
  }
  checkExternal(checked);
}
