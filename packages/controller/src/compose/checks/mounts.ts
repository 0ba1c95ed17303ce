import type { Place } from '@nap/shared';
import { cleanTarget } from '../canonicalise/paths.js';
import { parseTmpfs } from '../canonicalise/tmpfs.js';
import { boolAt, child, entriesOf, itemsOf, textAt, type Node } from '../node.js';
import type { Checked, CheckedService } from './check.js';

function tmpfsTargets(service: CheckedService): readonly (readonly [string, Place])[] {
  return itemsOf(child(service.node, 'tmpfs')).flatMap((item) => {
    const mount = item.kind === 'scalar' ? parseTmpfs(String(item.value)) : undefined;
    return mount === undefined ? [] : [[mount.target, item.place] as const];
  });
}

function checkTargets(service: CheckedService, { findings }: Checked): void {
  const volumes = itemsOf(child(service.node, 'volumes')).flatMap((mount) => {
    const target = textAt(mount, 'target');
    return target === undefined ? [] : [[cleanTarget(target), mount.place] as const];
  });
  const taken = new Map<string, Place>();
  for (const [target, place] of [...volumes, ...tmpfsTargets(service)]) {
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
    for (const option of mount?.unknown ?? []) {
      findings.refused({
        place: item.place,
        path: `${service.path}.tmpfs`,
        why: `the tmpfs option "${option}" is not supported yet`,
        wayOut: 'size=… and mode=… are',
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

function checkReadOnlyTmpfs(mount: Node, service: CheckedService, { findings }: Checked): void {
  if (textAt(mount, 'type') !== 'tmpfs') return;
  for (const key of ['read_only', 'source'] as const) {
    const value = child(mount, key);
    if (value === undefined) continue;
    const message = `a tmpfs mount has no ${key}`;
    findings.error(value.place, `${service.path}.volumes`, message, 'remove it from the mount');
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
    for (const mount of itemsOf(child(service.node, 'volumes'))) {
      checkBind(mount, service, checked);
      checkReadOnlyTmpfs(mount, service, checked);
    }
  }
  checkExternal(checked);
}
