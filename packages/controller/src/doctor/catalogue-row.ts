import type { Severity } from './finding.js';

export interface CatalogueRow {
  readonly severity: Severity;
  readonly meaning: string;
  /** What to do about it, for a person. */
  readonly fix: string;
}

export type CatalogueRows = Readonly<Record<string, CatalogueRow>>;
