import type { MountSpec } from '@nap/shared';
import { parseTmpfs } from '../canonicalise/tmpfs.js';
import { boolAt, child, itemsOf, numberAt, textAt, textsOf, type Node } from '../node.js';
import type { CarryContext } from './carry.js';
import { asFilledPairs, asNumber, asText, asTrue, present, valueAt } from './values.js';

type Mount<T extends MountSpec['type']> = MountSpec & { type: T };

function oneOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word === text);
}

function bindOf(node: Node): Mount<'bind'> {
  const bind = child(node, 'bind');
  return present<Mount<'bind'>>({
    type: 'bind',
    source: textAt(node, 'source') ?? '',
    target: textAt(node, 'target') ?? '',
    readOnly: boolAt(node, 'read_only'),
    createHostPath: boolAt(bind, 'create_host_path'),
    propagation: textAt(bind, 'propagation'),
    selinux: oneOf(['z', 'Z'], textAt(bind, 'selinux')),
    recursive: oneOf(['disabled', 'writable', 'readonly'], textAt(bind, 'recursive')),
  });
}

function volumeOf(node: Node, { root, service }: CarryContext): Mount<'volume'> {
  const source = textAt(node, 'source');
  const declared = source === undefined ? undefined : child(child(root, 'volumes'), source);
  const options = child(node, 'volume');
  return present<Mount<'volume'>>({
    type: 'volume',
    name: textAt(declared, 'name') ?? source,
    target: textAt(node, 'target') ?? '',
    readOnly: boolAt(node, 'read_only'),
    noCopy: boolAt(options, 'nocopy'),
    external: valueAt(declared, 'external', asTrue),
    driver: textAt(declared, 'driver') ?? textAt(service, 'volume_driver'),
    driverOptions: asFilledPairs(child(declared, 'driver_opts')),
    labels: asFilledPairs(child(declared, 'labels')) ?? asFilledPairs(child(options, 'labels')),
    subpath: valueAt(options, 'subpath', asText),
  });
}

function tmpfsOf(node: Node): Mount<'tmpfs'> {
  const options = child(node, 'tmpfs');
  return present<Mount<'tmpfs'>>({
    type: 'tmpfs',
    target: textAt(node, 'target') ?? '',
    sizeBytes: valueAt(options, 'size', asNumber),
    mode: numberAt(options, 'mode'),
  });
}

function imageOf(node: Node): Mount<'image'> {
  return present<Mount<'image'>>({
    type: 'image',
    image: textAt(node, 'source') ?? '',
    target: textAt(node, 'target') ?? '',
    subpath: valueAt(child(node, 'image'), 'subpath', asText),
  });
}

function mountOf(node: Node, context: CarryContext): MountSpec {
  const type = textAt(node, 'type');
  if (type === 'bind') return bindOf(node);
  if (type === 'image') return imageOf(node);
  return type === 'tmpfs' ? tmpfsOf(node) : volumeOf(node, context);
}

function shortTmpfsOf(text: string): readonly MountSpec[] {
  const mount = parseTmpfs(text);
  if (mount === undefined) return [];
  const { options, ...rest } = mount;
  return [{ type: 'tmpfs', ...rest, ...(options.length === 0 ? {} : { options: [...options] }) }];
}

/** Of `volumes` and of `tmpfs`. */
export function mountsOf(_value: Node, context: CarryContext): MountSpec[] {
  const { service } = context;
  const mounts = itemsOf(child(service, 'volumes')).map((node) => mountOf(node, context));
  return [...mounts, ...textsOf(child(service, 'tmpfs')).flatMap(shortTmpfsOf)];
}
