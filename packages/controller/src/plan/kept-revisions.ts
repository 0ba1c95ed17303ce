import { createHash } from 'node:crypto';
import {
  canonicalJson,
  isNapError,
  NapError,
  projectRevisionCodec,
  type Project,
  type ProjectName,
  type ProjectRevision,
} from '@nap/shared';
import type { ClusterView } from './cluster-view.js';

export interface KeptRevisions {
  /** Newest first. */
  readonly revisions: readonly ProjectRevision[];
  /** Those that this nap cannot read, as sentences. */
  readonly unreadable: readonly string[];
}

/** The kept revisions of a project, the current one too. */
export function keptRevisions(view: ClusterView, project: ProjectName): KeptRevisions {
  const revisions: ProjectRevision[] = [];
  const unreadable: string[] = [];
  for (const text of view.keptTexts.get(project) ?? []) {
    try {
      revisions.push(projectRevisionCodec.decode(text, `a kept revision of ${project}`));
    } catch (err) {
      if (!isNapError(err, 'BAD_VALUE')) throw err;
      unreadable.push(err.message);
    }
  }
  return { revisions: revisions.sort((a, b) => b.revision - a.revision), unreadable };
}

/** Equal for equal projects, whoever applied them and when: shows which revisions are the same. */
export function projectDigest(project: Project): string {
  return createHash('sha256').update(canonicalJson(project)).digest('hex').slice(0, 12);
}

/**
 * The revision to bring back. Without a number it is the one before the current; the current one being a rollback itself,
 * it is the one before what that brought back, so that one rollback after the other goes further back. Throws NOT_FOUND,
 * naming those that there are.
 */
export function rollbackTarget(
  view: ClusterView,
  project: ProjectName,
  wanted: number | undefined,
): ProjectRevision {
  const { revisions } = keptRevisions(view, project);
  const current = view.projects.get(project);
  const before = current?.rollback?.to ?? current?.revision ?? 0;
  const target = revisions.find(({ revision }) =>
    wanted === undefined ? revision < before : revision === wanted,
  );
  if (target !== undefined && current !== undefined) return target;
  throw new NapError(
    'NOT_FOUND',
    `${project} has no kept revision ${wanted ?? `before ${before}${whichIs(current)}`}`,
    { hint: knownText(revisions, current) },
  );
}

/** Says why it is counted from that one. */
function whichIs(current: ProjectRevision | undefined): string {
  if (current === undefined) return '';
  const { revision, rollback } = current;
  return rollback === undefined
    ? ', the current one'
    : `, which the current one, ${revision}, went back to`;
}

function knownText(
  revisions: readonly ProjectRevision[],
  current: ProjectRevision | undefined,
): string {
  if (revisions.length === 0) return 'apply its files';
  const known = revisions
    .map(({ revision }) =>
      revision === current?.revision ? `${revision} (the current one)` : String(revision),
    )
    .reverse()
    .join(', ');
  return `there are: ${known}; to go back to one of them, name it: nap-controller rollback NUMBER`;
}
