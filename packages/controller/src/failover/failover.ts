import { isNapError, keys } from '@nap/shared';
import {
  backoffMs,
  createControlLoop,
  type Clock,
  type Component,
  type ControlLoop,
  type Log,
  type PassResult,
} from '@nap/shared/runtime';
import type { Leadership, Session, Store } from '@nap/shared/store';
import type { Plan } from '../plan/change.js';
import type { ClusterView } from '../plan/cluster-view.js';
import {
  judgeHosts,
  nextReplacementMs,
  shortestTtlMs,
  withLosses,
  type LossPolicy,
  type LossVerdict,
} from '../plan/host-loss.js';
import { planStored } from '../plan/plan-stored.js';
import { changeText } from '../plan/plan-text.js';
import { commitPlans } from '../rollout/commit-plan.js';
import { lead } from '../rollout/lead.js';
import { ReadMemory } from '../rollout/read-view.js';
import { isRolling, Pacer } from '../rollout/pacer.js';
import { Absences } from './absences.js';
import { LiveView } from './live-view.js';
import { WellHosts } from './well-hosts.js';

export interface FailoverParts {
  readonly store: Store;
  /** Who this daemon is, for people: `nap-controller on ops1 (pid 7)`. */
  readonly identity: string;
  readonly policy: LossPolicy;
  /** Of the daemon's own lease: so long after its death another one takes over. */
  readonly leaseTtlS: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

const SPACING_MS = 250;
const BACKOFF = { firstMs: 500, maxMs: 5_000 } as const;
/** Everything that matters nudges; this is for what does not, such as a plan that lost its race. */
const RESYNC_MS = 30_000;
/** How often etcd is asked of hosts that have not proven to be well while the grace of another one runs. */
const ASK_AGAIN_MS = 300;
/** How long to stand behind an operator's command that is at work, in ms. */
const LEADERSHIP_WAIT_MS = 60_000;

/**
 * Keeps the cluster running what is stored in it, whatever happens to hosts. Of several daemons one is active, by a
 * leadership of its own that lasts; what it writes it writes as any command does, under the short leadership of all
 * controllers, and guarded by both: a daemon that was deposed while it slept changes nothing.
 *
 * It looks at mirrors of etcd, and reads all of it only when there is something to do. Nothing is carried over from one pass
 * to the next but since when a host has been away; what was read and what was worked out is kept to save work.
 */
export function createFailover(parts: FailoverParts): Component {
  const daemon = new Failover(parts);
  return {
    name: 'failover',
    start: (signal) => daemon.start(signal),
    stop: () => daemon.stop(),
  };
}

const NOTHING_SEEN: LossVerdict = {
  ...{ lost: new Set(), awayMs: new Map(), awaySinceMs: new Map(), unproven: [] },
};

class Failover {
  private readonly parts: FailoverParts;
  private readonly loop: ControlLoop;
  private readonly memory = new ReadMemory();
  private readonly live: LiveView;
  private session: Session | undefined;
  private activity: Leadership | undefined;
  private verdict: LossVerdict = NOTHING_SEEN;
  private readonly absences: Absences;
  private readonly wellHosts: WellHosts;
  private readonly said = new Map<string, string>();
  private readonly pacer: Pacer;
  /** Some project's containers are being replaced, moved or taken away: how they are matters then. */
  private isRolling = false;

  constructor(parts: FailoverParts) {
    const { store, clock, log, random, identity, policy } = parts;
    this.parts = parts;
    this.pacer = new Pacer({ clock, by: identity });
    this.live = new LiveView(store, this.memory.documents);
    this.absences = new Absences(this.live.hosts);
    this.wellHosts = new WellHosts({ store, clock, log, withinMs: policy.graceMs });
    this.loop = createControlLoop({
      name: 'failover',
      pass: ({ signal }) => this.pass(signal),
      minSpacingMs: SPACING_MS,
      resyncMs: RESYNC_MS,
      clock,
      log,
      jitter: random,
      backoff: BACKOFF,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const { store, identity, log } = this.parts;
    const session = await this.openSession(signal);
    this.session = session;
    const activity = store.leadership({ key: keys.daemon(), identity, session });
    this.activity = activity;
    activity.onChange(() => {
      log.info('daemons', { active: activity.leader, isActive: activity.isLeader() });
      this.loop.nudge();
    });
    // Before anybody is nudged to judge.
    this.live.onChange([keys.hosts()], () => {
      for (const host of this.absences.notice()) log.info('host is back', { host });
    });
    this.live.onChange([keys.hosts(), keys.projects(), keys.placements()], () => {
      this.loop.nudge();
    });
    this.live.onChange([keys.reports(), keys.names()], () => {
      if (this.isRolling) this.loop.nudge();
    });
    this.loop.start(signal);
  }

  /** etcd may come up after the daemon, or be full for a while: no reason to end. Throws what does not pass by itself. */
  private async openSession(signal: AbortSignal): Promise<Session> {
    const { store, leaseTtlS, clock, random, log } = this.parts;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await store.session({ ttlS: leaseTtlS }, signal);
      } catch (err) {
        const passes = isNapError(err, 'ETCD_UNAVAILABLE', 'ETCD_NO_SPACE');
        if (!passes || signal.aborted) throw err;
        log.warn('etcd gives no lease: it is asked again', { err });
      }
      await clock.sleep(backoffMs(attempt, random(), BACKOFF), signal);
    }
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.live.close();
    await this.activity?.close();
    await this.session?.close();
  }

  private async pass(signal: AbortSignal): Promise<PassResult | undefined> {
    const { clock } = this.parts;
    const { activity } = this;
    this.memory.forgetOld(clock.monotonicMs());
    if (activity?.isLeader() !== true) {
      this.standBy();
      return undefined;
    }
    // What is not known to be current says nothing about who is away; the mirrors nudge when it is.
    if (!this.live.isFresh) return undefined;
    const { view, verdict } = await this.look(signal);
    this.sayOnce('brake', verdict.brake);
    const judged = withLosses(view, verdict);
    this.isRolling =
      [...judged.projects.keys()].some((project) => isRolling(judged, project)) ||
      judged.placements.some(({ wanted }) => wanted === 'removed');
    const plans = this.plan(judged);
    this.sayUnplaced(plans);
    if (plans.some(({ changes }) => changes.length > 0)) await this.commit(activity, signal);
    // Of what the commit has found, where there was one.
    const { wakeInMs, unproven } = this.verdict;
    const askAgainMs = unproven.length > 0 ? ASK_AGAIN_MS : undefined;
    const waits = [wakeInMs, askAgainMs, nextReplacementMs(judged), this.pacer.wakeInMs];
    const wakes = waits.filter((ms) => ms !== undefined);
    return wakes.length > 0 ? { wakeAtMs: clock.nowMs() + Math.min(...wakes) } : undefined;
  }

  /**
   * Whoever takes over begins to count anew, but for what a brake has given to those that it held back: one who stands by
   * sees it as well.
   */
  private standBy(): void {
    const { clock, policy } = this.parts;
    this.verdict = NOTHING_SEEN;
    this.wellHosts.forget();
    const nowMs = clock.monotonicMs();
    const before = this.absences.at(nowMs);
    const seen = this.live.hosts.isFresh
      ? judgeHosts(this.live.hostsView, { awaySinceMs: before }, nowMs, policy).awaySinceMs
      : before;
    this.absences.remember(new Map([...seen].filter(([, sinceMs]) => sinceMs > nowMs)));
  }

  /** What is to be done now: of a rollout one step after the other. */
  private plan(view: ClusterView): readonly Plan[] {
    return planStored(view, this.parts.clock.nowMs()).map((plan) => this.pacer.pace(view, plan));
  }

  /** The cluster as it is known, and who is lost; where that is up to how well the others are, etcd is asked. */
  private async look(signal: AbortSignal): Promise<{ view: ClusterView; verdict: LossVerdict }> {
    const { view } = this.live;
    const verdict = this.judge(view);
    if (verdict.unproven.length === 0) return { view, verdict };
    await this.wellHosts.ask(verdict.unproven, shortestTtlMs(view), signal);
    // Meanwhile more may have come to be known.
    const { view: later } = this.live;
    return { view: later, verdict: this.judge(later) };
  }

  private judge(view: ClusterView): LossVerdict {
    const { clock, policy, log } = this.parts;
    const { lost } = this.verdict;
    const nowMs = clock.monotonicMs();
    const awaySinceMs = this.absences.at(nowMs);
    const memory = { awaySinceMs, wellAtMs: this.wellHosts.atMs };
    const verdict = judgeHosts(view, memory, nowMs, policy);
    for (const host of verdict.awaySinceMs.keys()) {
      if (!awaySinceMs.has(host)) log.warn('host is away', { host });
    }
    for (const host of awaySinceMs.keys()) {
      if (verdict.awaySinceMs.has(host)) continue;
      const isBack = view.hosts.get(host)?.isAlive === true;
      log.info(isBack ? 'host is back' : 'host was removed', { host });
    }
    for (const host of verdict.lost) {
      if (!lost.has(host)) log.warn('host is lost', { host, awayMs: verdict.awayMs.get(host) });
    }
    this.absences.remember(verdict.awaySinceMs);
    this.verdict = verdict;
    return verdict;
  }

  private async commit(activity: Leadership, signal: AbortSignal): Promise<void> {
    const { store, identity, clock, log } = this.parts;
    const { plans } = await lead(
      {
        ...{ store, identity, signal, clock },
        waitMs: LEADERSHIP_WAIT_MS,
        onWaiting: (leader) => {
          log.info('another controller is at work; waiting for it', { leader });
        },
      },
      (leadership) =>
        commitPlans(store, leadership, (view) => this.plan(withLosses(view, this.judge(view))), {
          ...{ signal, clock, under: activity, memory: this.memory },
        }),
    );
    for (const { project, changes } of plans) {
      for (const change of changes) log.info('change', { project, change: changeText(change) });
    }
  }

  private sayUnplaced(plans: readonly Plan[]): void {
    const stuck = new Map<string, string>(
      plans.flatMap(({ unplaced }) => unplaced.map((it) => [it.instance, it.reason] as const)),
    );
    for (const about of this.said.keys()) {
      if (about !== 'brake' && !stuck.has(about)) this.said.delete(about);
    }
    for (const [instance, reason] of stuck) this.sayOnce(instance, reason);
  }

  /** A trouble that lasts is told once. */
  private sayOnce(about: string, sentence: string | undefined): void {
    if (this.said.get(about) === sentence) return;
    if (sentence === undefined) this.said.delete(about);
    else {
      this.said.set(about, sentence);
      this.parts.log.warn('nothing is moved', { about, reason: sentence });
    }
  }
}
