import { LIMITS, type Decision, type Placement } from '@nap/shared';

/**
 * The placement with what was decided about its instance so far, and now. They travel with the placement, so that they need
 * no keys of their own and go when it goes. Without a kind it is nothing that a person would ask about later.
 */
export function withDecision(
  placement: Placement,
  before: Placement | undefined,
  {
    kind,
    reason,
    revision,
  }: Pick<Decision, 'reason' | 'revision'> & Partial<Pick<Decision, 'kind'>>,
): Placement {
  const { decidedAtMs: atMs, host } = placement;
  const earlier = before?.decisions ?? [];
  const decisions =
    kind === undefined
      ? earlier
      : [...earlier, { atMs, kind, host, reason, ...(revision === undefined ? {} : { revision }) }];
  if (decisions.length === 0) return placement;
  return { ...placement, decisions: decisions.slice(-LIMITS.decisionsPerInstance) };
}
