import { FILE_KINDS } from '../canonicalise/file-grants.js';
import { boolAt, child, entriesOf } from '../node.js';
import type { Checked } from './check.js';

const SOURCES = { config: ['file', 'content', 'environment'], secret: ['file', 'environment'] };

/** Every config and secret comes from one place. */
export function checkFiles(checked: Checked): void {
  for (const kind of FILE_KINDS) {
    for (const [name, { keyPlace, value }] of entriesOf(child(checked.root, `${kind}s`))) {
      // An external one is refused by the table already.
      if (value.kind === 'broken' || boolAt(value, 'external') === true) continue;
      const given = SOURCES[kind].filter((source) => child(value, source) !== undefined);
      if (given.length === 1) continue;
      const [, second = ''] = given;
      const place = child(value, second)?.place ?? keyPlace;
      const which = SOURCES[kind].join(', ');
      const message =
        given.length === 0
          ? `the ${kind} says not where it comes from`
          : `the ${kind} comes from two places: ${given.join(' and ')}`;
      checked.findings.error(place, `${kind}s.${name}`, message, `give it one of ${which}`);
    }
  }
}
