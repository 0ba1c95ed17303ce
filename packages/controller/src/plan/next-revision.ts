import { canonicalJson, type Project, type ProjectRevision } from '@nap/shared';
import type { Change } from './change.js';
import type { ClusterView } from './cluster-view.js';

/** Who asks for a project, from what, when and why: what history keeps of it. */
export interface RevisionContext {
  readonly appliedBy: string;
  readonly files: readonly string[];
  readonly nowMs: number;
  /** Why, in the operator's own words. */
  readonly message?: string | undefined;
  /** The kept revision that this brings back. */
  readonly rollbackTo?: number | undefined;
}

/** The stored revision where the project is the same, otherwise the one that the plan stores. */
export function nextRevision(
  view: ClusterView,
  project: Project,
  context: RevisionContext,
): { readonly revision: ProjectRevision; readonly isNew: boolean } {
  const stored = view.projects.get(project.name);
  const isSame =
    stored?.project === project ||
    (stored !== undefined && canonicalJson(stored.project) === canonicalJson(project));
  if (stored !== undefined && isSame) {
    return { revision: stored, isNew: false };
  }
  const { message, rollbackTo } = context;
  const isRollback = stored !== undefined && rollbackTo !== undefined;
  const revision: ProjectRevision = {
    project,
    revision: (stored?.revision ?? 0) + 1,
    appliedBy: context.appliedBy,
    appliedAtMs: context.nowMs,
    files: [...context.files],
    ...(message === undefined ? {} : { message }),
    ...(isRollback ? { rollback: { of: stored.revision, to: rollbackTo } } : {}),
  };
  return { revision, isNew: true };
}

export function storing(view: ClusterView, revision: ProjectRevision): Change {
  const stored = view.projects.get(revision.project.name);
  const replaced = stored === undefined ? 'new project' : `replaces revision ${stored.revision}`;
  const { rollback } = revision;
  const reason =
    rollback === undefined ? replaced : `${replaced} by what revision ${rollback.to} was`;
  return { kind: 'store-project', revision, reason };
}
