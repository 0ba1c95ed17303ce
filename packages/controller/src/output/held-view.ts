import type { Held } from '../plan/pace.js';
import { bySentence, namesTogether } from './together.js';

/** Reasons that are listed; a project has as many as it has services, or fewer. */
const REASONS_MAX = 10;

/**
 * What to say to who does not wait any longer: who goes on, what nobody goes on with, and which command does. `held` waits
 * for others of its project; undefined: a daemon sees to it.
 */
export function interruptedText(
  project: string,
  why: string,
  held: readonly Held[] | undefined,
): string {
  const begin = `stopped waiting (${why}): the agents`;
  if (held === undefined) return `${begin} and nap-controller serve go on`;
  if (held.length === 0) return `${begin} go on`;
  return [
    `${begin} go on with what they were told; no nap-controller serve is there for the rest:`,
    ...reasonLines(held),
    `nap-controller wait -p ${project} goes on with it`,
  ].join('\n');
}

/** What to say to who does not wait, where all is replaced and nobody is there to see how the last ones are. */
export const unwatchedText = (project: string): string =>
  `nobody watches the last ones of this rollout: nap-controller wait -p ${project} does, or else whichever command or nap-controller serve comes next, and does what the file says of failures`;

/**
 * What to say to who asked for what is stored already. `held` was asked for before, and waits for others of its project,
 * or stands still with its rollout.
 */
export function nothingNewText(
  subject: string,
  held: readonly Held[],
  nothing = 'nothing to change',
): string {
  if (held.length === 0) return `${subject}: ${nothing}`;
  return [`${subject}: nothing new, and not done yet:`, ...reasonLines(held)].join('\n');
}

function reasonLines(held: readonly Held[]): readonly string[] {
  const reasons = [...bySentence(held, ({ reason }) => reason)];
  const lines = reasons.slice(0, REASONS_MAX).map(([reason, group]) => {
    return `  ${namesTogether(group.map(({ instance }) => instance))}: ${reason}`;
  });
  const more = reasons.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more reasons`] : lines;
}
