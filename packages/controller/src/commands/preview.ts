import { EXIT } from '@nap/shared';
import { planDocument, renderPlan } from '../output/plan-view.js';
import { showPlan, showPlans, type ShownPlan } from '../output/shown-plan.js';
import { blocking, type Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { planText } from '../plan/plan-text.js';
import { coloursOfOut, type CommandContext } from './context.js';
import { inspectFormatFlag } from './flags.js';

/** For commands that may only show what they would do. */
export const previewFlags = {
  plan: {
    alias: 'dry-run',
    type: 'boolean',
    default: false,
    description: 'only show what would change, and why',
  },
  format: {
    ...inspectFormatFlag.format,
    description: 'of --plan: table for people; json, yaml for scripts',
  },
} as const;

export interface PlanFormat {
  readonly format: 'table' | 'json' | 'yaml';
  readonly ansi?: string;
}

/** Prints what a plan would do to the view; `nothing` says so where that is nothing. Returns the exit code. */
export function printPlan(
  context: CommandContext,
  { format, ansi }: PlanFormat,
  shown: ShownPlan,
  nothing?: string,
): number {
  const colours = coloursOfOut(context, ansi === undefined ? {} : { ansi });
  if (format === 'table') context.out(renderPlan(shown, colours, nothing));
  else context.out(planDocument(format, shown));
  return blocking(shown.unplaced).length > 0 ? EXIT.unplaceable : EXIT.ok;
}

/** Shows one plan and is done: see `printPlan`. */
export function previewPlan(
  context: CommandContext,
  format: PlanFormat,
  made: { readonly plan: Plan; readonly view: ClusterView },
  nothing?: string,
): number {
  return printPlan(context, format, showPlan(made.plan, made.view), nothing);
}

/**
 * Prints plans of several projects, a line a change or one list of them. Returns the exit code: who empties a host has not
 * reached that while something stays on it.
 */
export function previewPlans(
  context: CommandContext,
  { format }: PlanFormat,
  made: { readonly plans: readonly Plan[]; readonly view: ClusterView },
  nothing: string,
): number {
  const { plans, view } = made;
  const lines = plans.map(planText).filter(Boolean).join('\n');
  if (format === 'table') context.out(lines === '' ? nothing : lines);
  else context.out(planDocument(format, showPlans(plans, view)));
  return plans.some(({ unplaced }) => unplaced.length > 0) ? EXIT.unplaceable : EXIT.ok;
}
