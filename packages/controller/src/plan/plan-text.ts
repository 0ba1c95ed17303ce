import { assertNever } from '@nap/shared';
import type { Change, Plan, Unplaced } from './change.js';

/** One line a change: what `plan` prints, what is logged, and what tests compare. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case 'store-project':
      return `store ${change.revision.project.name} revision ${change.revision.revision}: ${change.reason}`;
    case 'forget-project':
      return `forget ${change.project}: ${change.reason}`;
    case 'place':
      return `place ${change.placement.instance} on ${change.placement.host}: ${change.reason}`;
    case 'update':
      return `${updateVerb(change)} ${change.placement.instance} on ${change.placement.host}: ${change.reason}`;
    case 'move':
      return `move ${change.placement.instance} from ${change.from} to ${change.placement.host}: ${change.reason}`;
    case 'rollout':
      return `rollout of ${change.project}: ${change.reason}`;
    case 'forget-volume':
      return `forget volume ${change.volume} of ${change.host}: ${change.reason}`;
    case 'remove':
      return `remove ${change.instance} from ${change.host}: ${change.reason}`;
    case 'remove-with-volumes':
      return `remove ${change.placement.instance}${withVolumes(change)} from ${change.placement.host}: ${change.reason}`;
    case 'remove-volumes':
      return `remove ${volumesText(change.volumes)} from ${change.placement.host}: ${change.reason}`;
    default:
      return assertNever(change);
  }
}

const volumesText = (names: readonly string[]): string =>
  `${names.length === 1 ? 'volume' : 'volumes'} ${names.join(', ')}`;

/** Of those that only its image has nobody knows here. */
function withVolumes({
  placement,
  volumes,
}: Extract<Change, { kind: 'remove-with-volumes' }>): string {
  const hasAnonymous = placement.spec.mounts.some(
    (mount) => mount.type === 'volume' && mount.name === undefined,
  );
  const named = volumes.length === 0 ? '' : ` and ${volumesText(volumes)}`;
  return hasAnonymous ? `${named} and its anonymous volumes` : named;
}

const PROGRAM_VERBS = { stops: 'stop', starts: 'start', restarts: 'restart' } as const;

function updateVerb({ program, recreates }: Extract<Change, { kind: 'update' }>): string {
  if (program !== undefined) return PROGRAM_VERBS[program];
  return recreates ? 'recreate' : 'update';
}

export const unplacedText = ({ instance, reason, staysOn }: Unplaced): string =>
  staysOn === undefined
    ? `cannot place ${instance}: ${reason}`
    : `note: ${instance} stays on ${staysOn}, and fits nowhere else: ${reason}`;

export function planText(plan: Plan): string {
  return [
    ...plan.changes.map(changeText),
    ...plan.unplaced.map(unplacedText),
    ...plan.notes.map((note) => `note: ${note}`),
  ].join('\n');
}
