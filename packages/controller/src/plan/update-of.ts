import type { Decision, Placement, ProjectRevision } from '@nap/shared';
import { PULL_REQUEST, recreationReason, stayReason } from './asked-project.js';
import type { Change } from './change.js';
import { withDecision } from './decisions.js';
import { differences } from './differences.js';

type Update = Extract<Change, { kind: 'update' }>;
type Program = NonNullable<Update['program']>;

/** The change of a placement that stays where it is, with its reasons. `before` is another placement than `after`. */
export function updateOf(after: Placement, before: Placement, asked: ProjectRevision): Update {
  const program = programChange(before, after);
  const isOfSpec = before.specHash !== after.specHash;
  // What is stopped is made anew when it is started.
  const recreates = isOfSpec && after.wanted !== 'stopped';
  const changed = isOfSpec
    ? differences(before.spec, after.spec)
    : differences(besidesSpec(before, asked), besidesSpec(after, asked));
  const plain = recreates
    ? recreationReason(changed)
    : (moveReason(before, after, changed) ?? stayReason(changed));
  const reason =
    program === undefined ? plain : programReason(program, { asked, changed, recreates });
  const kind = decisionKind(program, recreates, changed.includes(PULL_REQUEST));
  return {
    kind: 'update',
    placement: withDecision(after, before, {
      ...(kind === undefined ? {} : { kind }),
      ...{ reason, revision: asked.revision },
    }),
    differences: changed,
    recreates,
    ...(program === undefined ? {} : { program }),
    reason,
  };
}

const OF_MOVES: ReadonlySet<string> = new Set([
  ...['update_config', 'rollback_config', 'takes_over_from', 'yields_to'],
]);

/** Where nothing is another but how it comes from one host to another. */
function moveReason(
  before: Placement,
  after: Placement,
  changed: readonly string[],
): string | undefined {
  if (changed.length === 0 || !changed.every((field) => OF_MOVES.has(field.split('.')[0] ?? ''))) {
    return undefined;
  }
  if (before.takesOverFrom !== undefined && after.takesOverFrom === undefined) {
    return `the container stays; its move from ${before.takesOverFrom} is over`;
  }
  if (before.yieldsTo !== undefined && after.yieldsTo === undefined) {
    return `the container stays; it does not yield to ${before.yieldsTo} any more`;
  }
  return undefined;
}

function programChange(before: Placement, after: Placement): Program | undefined {
  if (after.wanted === 'stopped') return before.wanted === 'running' ? 'stops' : undefined;
  if (before.wanted === 'stopped') return 'starts';
  const isAsked =
    after.restart !== undefined && after.restart.askedAtMs !== before.restart?.askedAtMs;
  // A new container serves the request too.
  return isAsked && before.specHash === after.specHash ? 'restarts' : undefined;
}

function decisionKind(
  program: Program | undefined,
  recreates: boolean,
  isRefresh: boolean,
): Decision['kind'] | undefined {
  if (program === undefined) return recreates ? 'recreated' : isRefresh ? 'refreshed' : undefined;
  const kinds = { stops: 'stopped', starts: 'started', restarts: 'restarted' } as const;
  return kinds[program];
}

/** What is the same for whoever asks for it. */
const OF_PROGRAMS: ReadonlySet<string> = new Set(['wanted', 'stop_grace', 'restart']);

function programReason(
  program: Program,
  {
    asked,
    changed,
    recreates,
  }: {
    readonly asked: ProjectRevision;
    readonly changed: readonly string[];
    readonly recreates: boolean;
  },
): string {
  const by = `asked for by ${asked.appliedBy}`;
  const said = {
    stops: `stops, and its container is kept: ${by}`,
    starts: `starts again: ${by}`,
    restarts: `restarts in place: ${by}`,
  }[program];
  const others = changed.filter((field) => !OF_PROGRAMS.has(field.split('.')[0] ?? ''));
  if (others.length === 0) return said;
  const rest = recreates ? recreationReason(others) : `changed: ${others.join(', ')}`;
  return `${said}; ${rest}`;
}

/** What may change while the container stays, in the words of the file where it has one. */
function besidesSpec(placement: Placement, { rollback }: ProjectRevision): object {
  const {
    dependencies,
    aliases,
    links,
    pull,
    refresh,
    reserves,
    stopAfterMs,
    startFirst,
    takesOverFrom,
    yieldsTo,
    wanted,
    stopGraceMs,
    restart,
  } = placement;
  const config = rollback === undefined ? 'update_config' : 'rollback_config';
  return {
    dependencies,
    names: aliases,
    links,
    pull_policy: pull,
    [PULL_REQUEST]: refresh,
    reservations: reserves,
    on_partition: stopAfterMs,
    // Those that start first may differ in how long they are watched; the others have nothing of it.
    [config]: startFirst && { order: 'start-first', monitor: startFirst.readyAfterMs },
    takes_over_from: takesOverFrom,
    yields_to: yieldsTo,
    // Whatever is not to be removed: that is said otherwise.
    wanted: wanted === 'removed' ? 'running' : wanted,
    stop_grace: stopGraceMs,
    restart: restart?.askedAtMs,
  };
}
