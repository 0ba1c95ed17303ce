import { CATALOGUE, type FindingId } from './catalogue.js';

/** error: something does not work, or will not much longer. warning: it may not, or not as well. note: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** One thing that `doctor` found. What it means and what to do about it is said by its row of the catalogue. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** What has it: `etcd`, `flannel`, a member of etcd, a host, a project on a host. */
  readonly subject: string;
  /** What was seen, with its figures. */
  readonly evidence: string;
  readonly meaning: string;
  readonly fix: string;
}

export function finding(id: FindingId, subject: string, evidence: string): Finding {
  const { severity, meaning, fix } = CATALOGUE[id];
  return { id, severity, subject, evidence, meaning, fix };
}
