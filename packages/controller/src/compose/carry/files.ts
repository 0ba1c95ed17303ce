import type { FileSpec } from '@nap/shared';
import { grantTarget, type FileKind } from '../canonicalise/file-grants.js';
import { digestKey } from '../contents.js';
import { child, itemsOf, textAt, type Node } from '../node.js';
import type { CarryContext } from './carry.js';

const READABLE_BY_ALL = '0444';

function filesOf(kind: FileKind, { service, contents }: CarryContext): FileSpec[] {
  return itemsOf(child(service, `${kind}s`)).flatMap((grant) => {
    const digest = contents.digests.get(digestKey(kind, textAt(grant, 'source') ?? ''));
    if (digest === undefined) return [];
    return [
      {
        kind,
        target: grantTarget(kind, grant),
        digest,
        uid: Number(textAt(grant, 'uid') ?? 0),
        gid: Number(textAt(grant, 'gid') ?? 0),
        mode: Number.parseInt(textAt(grant, 'mode') ?? READABLE_BY_ALL, 8),
      },
    ];
  });
}

/** Of `configs` and of `secrets`. */
export function grantedFilesOf(_value: Node, context: CarryContext): FileSpec[] | undefined {
  const files = [...filesOf('config', context), ...filesOf('secret', context)];
  return files.length === 0 ? undefined : files;
}
