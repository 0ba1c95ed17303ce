import { fromV1, isV1 } from './formats.js';
import { withoutStrays } from './indentation.js';
import type { MapNode, Node } from './node.js';
import type { Scope } from './session.js';

/** A document in today's format; undefined when it is no mapping, which is reported. */
export function inTodaysFormat(document: Node, scope: Scope): MapNode | undefined {
  if (document.kind === 'broken') return undefined;
  const { findings, session } = scope;
  if (document.kind !== 'map') {
    findings.error(
      document.place,
      '',
      'a Compose file is a mapping of keys',
      'it starts with "services:"',
    );
    return undefined;
  }
  if (!isV1(document)) return withoutStrays(document, findings);
  session.v1Files.add(document.place.file);
  return fromV1(document, findings);
}
