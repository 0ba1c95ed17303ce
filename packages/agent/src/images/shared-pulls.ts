import { untilAborted } from '@nap/shared/store';
import { imageKey } from '../reconcile/plan-pull.js';
import type { StepOf } from '../reconcile/step.js';

type Pull = (step: StepOf<'pull'>, signal: AbortSignal) => Promise<void>;

interface Shared {
  readonly done: Promise<void>;
  readonly unneeded: AbortController;
  waiting: number;
}

/** Instances of one service begin together, and all need the same image: one pull for all of them. */
export class SharedPulls {
  private readonly pull: Pull;
  private readonly running = new Map<string, Shared>();

  constructor(pull: Pull) {
    this.pull = pull;
  }

  /** Ends with the pull, or as soon as the signal aborts; the pull itself ends early when nobody waits for it any more. */
  async get(step: StepOf<'pull'>, signal: AbortSignal): Promise<void> {
    const key = imageKey(step);
    const shared = this.running.get(key) ?? this.begin(key, step);
    shared.waiting += 1;
    try {
      await untilAborted(shared.done, signal);
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.giveUp(key, shared);
    }
  }

  private begin(key: string, step: StepOf<'pull'>): Shared {
    const unneeded = new AbortController();
    const done = this.pull(step, unneeded.signal).finally(() => {
      if (this.running.get(key) === shared) this.running.delete(key);
    });
    const shared = { done, unneeded, waiting: 0 };
    this.running.set(key, shared);
    return shared;
  }

  /** Whoever needs it from now on begins anew: what is being given up must not fail him. */
  private giveUp(key: string, shared: Shared): void {
    if (this.running.get(key) !== shared) return;
    this.running.delete(key);
    shared.unneeded.abort();
  }
}
