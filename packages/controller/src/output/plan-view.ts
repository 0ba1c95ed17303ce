import { blocking, type Change } from '../plan/change.js';
import { changeText, unplacedText } from '../plan/plan-text.js';
import type { Colours } from './colours.js';
import { fieldChangeText } from './field-changes.js';
import { renderDocument } from './format.js';
import { redact } from './redact.js';
import type { HostMoves, PlanSummary, ShownChange, ShownPlan } from './shown-plan.js';
import { renderTable, type Table } from './table.js';
import { bySentence, namesTogether } from './together.js';

type Paint = (text: string) => string;

interface Mark {
  readonly sign: string;
  readonly paint: keyof Colours & ('green' | 'yellow' | 'cyan' | 'red' | 'dim');
}

const MARKS: Readonly<Record<Change['kind'], Mark>> = {
  'store-project': { sign: ' ', paint: 'dim' },
  'forget-project': { sign: '-', paint: 'red' },
  place: { sign: '+', paint: 'green' },
  update: { sign: '~', paint: 'yellow' },
  move: { sign: '>', paint: 'cyan' },
  rollout: { sign: ' ', paint: 'dim' },
  'forget-volume': { sign: '-', paint: 'red' },
  remove: { sign: '-', paint: 'red' },
  'remove-with-volumes': { sign: '-', paint: 'red' },
  'remove-volumes': { sign: '-', paint: 'red' },
};

const FIELD_INDENT = '      ';

const fieldLines = ({ fields }: ShownChange): readonly string[] =>
  fields.map((field) => `${FIELD_INDENT}${fieldChangeText(field)}`);

/** Replicas of a service change alike: what changes is said once, below the last of them. */
function changeLines(changes: readonly ShownChange[], colours: Colours): readonly string[] {
  return changes.flatMap((change, at) => {
    const { sign, paint } = MARKS[change.kind];
    const own = fieldLines(change);
    const next = changes[at + 1];
    const isSaidBelow =
      next?.kind === change.kind && own.length > 0 && isSame(own, fieldLines(next));
    return [
      (colours[paint] as Paint)(`${sign} ${changeText(change)}`),
      ...(isSaidBelow ? [] : own),
    ];
  });
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.join('\n') === b.join('\n');

const hostTable: Table<HostMoves> = {
  columns: {
    HOST: ({ host }) => host,
    PLACE: ({ place }) => String(place),
    UPDATE: ({ update }) => String(update),
    'MOVE IN': ({ moveIn }) => String(moveIn),
    'MOVE OUT': ({ moveOut }) => String(moveOut),
    REMOVE: ({ remove }) => String(remove),
    INSTANCES: ({ before, after }) => (before === after ? String(after) : `${before} → ${after}`),
  },
};

function summaryText({ place, update, recreate, move, remove }: PlanSummary): string {
  const recreated = recreate === 0 ? '' : ` (${recreate} recreated)`;
  return `${place} to place, ${update} to update${recreated}, ${move} to move, ${remove} to remove`;
}

/** For people: every change with its reason and its fields, what it means for each host, and how much it is. */
export function renderPlan(
  plan: ShownPlan,
  colours: Colours,
  nothing = `${plan.project}: nothing to change`,
): string {
  const { changes, unplaced, notes, hosts, summary, etcdRevision } = plan;
  const against = etcdRevision === undefined ? '' : ` (against etcd revision ${etcdRevision})`;
  const stuck = blocking(unplaced);
  const isNothing = changes.length === 0 && stuck.length === 0;
  const noteLines = [
    ...unplaced.filter((it) => !stuck.includes(it)).map(unplacedText),
    ...notes.map((note) => `note: ${note}`),
  ];
  if (isNothing) return [`${nothing}${against}`, ...noteLines].join('\n');
  return [
    colours.bold(`${plan.project}: ${summaryText(summary)}`) + colours.dim(against),
    ...changeLines(changes, colours),
    ...[...bySentence(stuck, ({ reason }) => reason)].map(([reason, group]) =>
      colours.red(
        `! cannot place ${namesTogether(group.map(({ instance }) => instance))}: ${reason}`,
      ),
    ),
    ...noteLines,
    ...(hosts.length === 0 ? [] : ['', renderTable(hostTable, hosts)]),
  ].join('\n');
}

/** For scripts: the whole structure; values that may be secrets are not shown. See docs/plan-and-apply.md. */
export function planDocument(
  format: 'json' | 'yaml',
  shown: ShownPlan | readonly ShownPlan[],
): string {
  return renderDocument(format, JSON.parse(JSON.stringify(shown, redact)));
}
