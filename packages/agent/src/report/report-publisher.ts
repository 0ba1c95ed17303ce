import { isNapError, keys, reportCodec, type InstanceId, type Report } from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { Guard, Store, StoreKey, Write } from '@nap/shared/store';
import type { PlacementView } from '../desired/placement-view.js';
import { saysTheSame } from '../reconcile/report-of.js';

export interface ReportPublisherParts {
  readonly store: Pick<Store, 'commit' | 'snapshot'>;
  readonly placements: Pick<PlacementView, 'current' | 'revisionOf'>;
  readonly placementKey: (instance: InstanceId) => StoreKey;
  /** What there is to say now; instances without news are missing. */
  readonly reports: () => readonly Report[];
  readonly log: Log;
}

const REPORTS_PER_COMMIT = 50;

/** Writes reports when they say something new, all of a moment in one commit, and only for instances placed here. */
export class ReportPublisher {
  private readonly parts: ReportPublisherParts;
  private readonly written = new Map<InstanceId, Report>();
  private readonly asked = new Set<InstanceId>();

  constructor(parts: ReportPublisherParts) {
    this.parts = parts;
  }

  forget(instance: InstanceId): void {
    this.written.delete(instance);
    this.asked.delete(instance);
  }

  /** Whatever etcd has now is asked for again before the next report. */
  forgetAll(): void {
    this.written.clear();
    this.asked.clear();
  }

  /** What etcd has is compared with what it is believed to have: it may have been restored from a backup. */
  verify(): void {
    this.asked.clear();
  }

  async publish(signal: AbortSignal): Promise<void> {
    if (!this.parts.placements.current().isFresh) return;
    const reports = this.parts.reports();
    await this.learn(reports, signal);
    const news = reports.filter((report) => {
      const before = this.written.get(report.instance);
      return before === undefined || !saysTheSame(before, report);
    });
    for (let at = 0; at < news.length; at += REPORTS_PER_COMMIT) {
      await this.commit(news.slice(at, at + REPORTS_PER_COMMIT));
    }
  }

  /**
   * What an earlier life of this agent, or another host, has reported: once an instance, and at each `verify`. Of all that
   * is placed here as soon as one is to be reported: the others come in the next moments, and would each be asked for.
   */
  private async learn(reports: readonly Report[], signal: AbortSignal): Promise<void> {
    if (reports.every(({ instance }) => this.asked.has(instance))) return;
    const placed = [...this.parts.placements.current().placements.keys()];
    const unknown = placed.filter((instance) => !this.asked.has(instance));
    const { entries } = await this.parts.store.snapshot(unknown.map(keys.report), signal);
    for (const instance of unknown) this.written.delete(instance);
    for (const entry of entries.values()) {
      try {
        const report = reportCodec.decode(entry.value, entry.key);
        this.written.set(report.instance, report);
      } catch (err) {
        if (!isNapError(err, 'BAD_VALUE')) throw err;
        this.parts.log.warn('cannot read an earlier report: it is overwritten', { err });
      }
    }
    for (const instance of unknown) this.asked.add(instance);
  }

  private async commit(reports: readonly Report[]): Promise<void> {
    const guards: Guard[] = [];
    const writes: Write[] = [];
    const told: Report[] = [];
    for (const report of reports) {
      const revision = this.parts.placements.revisionOf(report.instance);
      if (revision === undefined) continue;
      // Whoever has the instance now has the word.
      guards.push({ kind: 'unchanged', key: this.parts.placementKey(report.instance), revision });
      writes.push({
        kind: 'put',
        key: keys.report(report.instance),
        value: reportCodec.encode(report),
      });
      told.push(report);
    }
    if (writes.length === 0) return;
    const result = await this.parts.store.commit(writes, { guards });
    if (result.kind === 'committed') {
      for (const report of told) this.written.set(report.instance, report);
    } else if (told.length > 1) {
      for (const report of told) await this.commit([report]);
    }
  }
}
