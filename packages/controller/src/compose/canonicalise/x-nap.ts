import { STRATEGIES } from '@nap/shared';
import { appendedUnique, byKey, replaced } from '../merge.js';
import { listOf, mustBe, record, type Shape, type Table } from '../shape.js';
import { honoured, honouredAs } from '../support.js';
import { duration } from './durations.js';
import { choice, text, textOrNumber } from './scalars.js';

/** What nap asks of a file beyond Compose: under `x-nap`, which other tools pass over. */

const once = appendedUnique((item) => (item.kind === 'scalar' ? String(item.value) : ''), '');

const NO_MORE = 'remove it: nap knows no such key under x-nap';

const stopAfter = record(
  'mapping',
  { stop_after: { shape: duration, support: honoured } },
  (node, path, context) => mustBe('keep, or stop_after: DURATION', node, path, context),
  NO_MORE,
);

const onPartition: Shape = {
  kind: 'keep, or mapping with stop_after',
  merge: { ...byKey(() => replaced), says: 'replaced' },
  table: stopAfter.table ?? {},
  read: (node, path, context) =>
    node.kind === 'scalar' ? keep.read(node, path, context) : stopAfter.read(node, path, context),
};

const keep = choice(['keep']);

const policies: Table = {
  strategy: { shape: choice(STRATEGIES), support: honoured },
  seed: { shape: textOrNumber, support: honouredAs('of strategy random') },
  apart_from: {
    shape: listOf('list of services', text, once),
    support: honouredAs('they share no host with this service'),
  },
  on_host_loss: {
    shape: choice(['move', 'wait']),
    support: honouredAs('move also leaves a local volume behind; without it, what has one waits'),
  },
  on_partition: {
    shape: onPartition,
    support: honouredAs('stop_after: it never runs beside its replacement'),
  },
  drain: {
    shape: duration,
    support: honouredAs(
      'between the end of its name and its stop; absent: 2s with order start-first',
    ),
  },
};

/** `x-nap` of a service. */
export const serviceNap: Shape = xNap(policies);

/** `x-nap` at the top of a file: for every service that says nothing else. */
export const projectNap: Shape = xNap({
  ...policies,
  apart_from: {
    shape: listOf('list of services', text, once),
    support: honouredAs('no two of them share a host'),
  },
});

function xNap(table: Table): Shape {
  return {
    ...record(
      'mapping',
      table,
      (node, path, context) => mustBe('a mapping', node, path, context),
      NO_MORE,
    ),
    nullable: true,
  };
}
