import PQueue from 'p-queue';
import { isNapError, NapError, type InstanceId } from '@nap/shared';
import { manyListeners, type Clock, type Log } from '@nap/shared/runtime';
import { stepText } from '../reconcile/step-text.js';
import type { Chain, Step, StepKind, StepOf } from '../reconcile/step.js';
import type { Executors, Lend, StepContext } from './executors.js';

export interface RunnerParts {
  readonly executors: Executors;
  readonly clock: Clock;
  readonly log: Log;
  /** Chains that cost the engine CPU, at the same time. */
  readonly concurrency: number;
  readonly onStep: (step: Step) => void;
  readonly onDone: (step: Step) => void;
  readonly onFailed: (step: Step, err: NapError) => void;
  /** A chain is over: look again. */
  readonly onIdle: (chain: Chain, isDone: boolean) => void;
  /** nap itself is wrong: the process must end. */
  readonly onBug: (err: unknown) => void;
}

/** Pulls wait for the network; more of them at once only share its width. */
const PULLS_AT_ONCE = 3;
/** What takes longer waits for etcd, which may be away: others need the slot meanwhile. */
const LENT_AFTER_MS = 250;
/** Stopping is mostly waiting for programs to end: one that ignores the signal must not hold up the others. */
const STOPS_PER_START = 8;

/**
 * Carries out chains: the steps of one instance one after the other, those of several side by side, never two chains of
 * one instance, but for one aside. What waits for the network or for a program to end does not hold up what starts containers.
 */
export class Runner {
  private readonly parts: RunnerParts;
  private readonly queues: Readonly<Record<'pull' | 'stop' | 'start' | 'urgent', PQueue>>;
  private readonly running = new Map<InstanceId, StepKind | undefined>();
  private readonly asides = new Set<InstanceId>();
  private readonly ending = manyListeners();
  /** What ends the chains that pull: it may take long, and be needed no longer. */
  private readonly pulling = new Map<Chain, AbortController>();
  /** What takes those of them out of the queue whose turn has not come. */
  private readonly queued = new Map<Chain, AbortController>();

  constructor(parts: RunnerParts) {
    this.parts = parts;
    this.queues = {
      pull: new PQueue({ concurrency: PULLS_AT_ONCE }),
      stop: new PQueue({ concurrency: parts.concurrency * STOPS_PER_START }),
      start: new PQueue({ concurrency: parts.concurrency }),
      // Somebody counts on when it ends.
      urgent: new PQueue(),
    };
  }

  /** Instances whose steps are under way or queued. */
  get busy(): ReadonlySet<InstanceId> {
    return new Set(this.running.keys());
  }

  /** Of those, whose program is being stopped right now. */
  get stopping(): ReadonlySet<InstanceId> {
    const kinds = [...this.running].filter(([, kind]) => kind === 'pre-stop' || kind === 'stop');
    return new Set(kinds.map(([instance]) => instance));
  }

  get isAtWork(): boolean {
    return this.running.size > 0;
  }

  stepOf(instance: InstanceId): StepKind | undefined {
    return this.running.get(instance);
  }

  submit(chain: Chain): void {
    const isAside = chain.isAside === true;
    const known = isAside ? this.asides : this.running;
    if (this.ending.signal.aborted || known.has(chain.instance)) return;
    if (isAside) this.asides.add(chain.instance);
    else this.running.set(chain.instance, undefined);
    const queue = this.queueFor(chain);
    if (queue === this.queues.pull) this.submitPull(chain);
    else void queue.add(() => this.run(chain, queue));
  }

  private submitPull(chain: Chain): void {
    const queue = this.queues.pull;
    const queued = new AbortController();
    this.pulling.set(chain, new AbortController());
    this.queued.set(chain, queued);
    const begin = async (): Promise<void> => {
      this.queued.delete(chain);
      await this.run(chain, queue);
    };
    queue.add(begin, { signal: queued.signal }).catch((err: unknown) => {
      if (!queued.signal.aborted) throw err;
      this.end(chain, false);
    });
  }

  /** Ends pulls, also those whose turn has not come: a chain that is no use holds up what is to come for its instance. */
  endPulls(isUnneeded: (step: StepOf<'pull'>) => boolean): void {
    for (const [chain, abort] of this.pulling) {
      if (!chain.steps.some((step) => step.kind === 'pull' && isUnneeded(step))) continue;
      abort.abort();
      this.queued.get(chain)?.abort();
    }
  }

  /** Drops what has not begun, and waits for the calls that have. */
  async stop(): Promise<void> {
    this.ending.abort();
    this.queued.clear();
    this.endPulls(() => true);
    const queues = Object.values(this.queues);
    for (const queue of queues) queue.clear();
    await Promise.all(queues.map((queue) => queue.onIdle()));
  }

  private queueFor(chain: Chain): PQueue {
    if (chain.steps.some(({ reason }) => reason === 'cut-off')) return this.queues.urgent;
    const kinds = new Set(chain.steps.map((step) => step.kind));
    if (kinds.has('pull')) return this.queues.pull;
    // Hooks are programs too, and mostly wait.
    const isWaiting = kinds.has('stop') || kinds.has('post-start');
    return isWaiting ? this.queues.stop : this.queues.start;
  }

  private async run(chain: Chain, queue: PQueue): Promise<void> {
    let isDone = false;
    try {
      isDone = await this.runSteps(chain, (work) => this.lend(queue, work));
    } catch (err) {
      this.parts.onBug(err);
    } finally {
      this.end(chain, isDone);
    }
  }

  private end(chain: Chain, isDone: boolean): void {
    this.pulling.delete(chain);
    this.queued.delete(chain);
    if (chain.isAside === true) this.asides.delete(chain.instance);
    else this.running.delete(chain.instance);
    this.parts.onIdle(chain, isDone);
  }

  private async runSteps(chain: Chain, lend: Lend): Promise<boolean> {
    const { signal } = this.pulling.get(chain) ?? this.ending;
    for (const [at, step] of chain.steps.entries()) {
      if (signal.aborted) return false;
      if (chain.isAside !== true) this.running.set(chain.instance, step.kind);
      this.parts.onStep(step);
      if (!(await this.runStep(step, { signal, lend, next: chain.steps[at + 1]?.kind })))
        return false;
    }
    return true;
  }

  /** One more may begin while this waits; when it goes on, one too many may be at work for a moment. */
  private async lend(queue: PQueue, work: Promise<void>): Promise<void> {
    let lent = 0;
    const cancel = this.parts.clock.after(LENT_AFTER_MS, () => {
      lent = 1;
      queue.concurrency += lent;
    });
    try {
      await work;
    } finally {
      cancel();
      queue.concurrency -= lent;
    }
  }

  private async runStep(step: Step, context: StepContext): Promise<boolean> {
    const { clock, log } = this.parts;
    const startedAtMs = clock.monotonicMs();
    const fields = (): Readonly<Record<string, unknown>> => ({
      instance: step.instance,
      step: stepText(step),
      durationMs: Math.round(clock.monotonicMs() - startedAtMs),
    });
    try {
      await execute(this.parts.executors, step, context);
      log.info('step done', fields());
      this.parts.onDone(step);
      return true;
    } catch (err) {
      if (context.signal.aborted) return false;
      if (!isNapError(err)) throw err;
      log.warn('step failed', { ...fields(), err });
      this.parts.onFailed(step, err);
      return false;
    }
  }
}

function execute(executors: Executors, step: Step, context: StepContext): Promise<void> {
  switch (step.kind) {
    case 'pull':
      return executors.pull(step, context);
    case 'write-files':
      return executors['write-files'](step, context);
    case 'create':
      return executors.create(step, context);
    case 'withdraw-name':
      return executors['withdraw-name'](step, context);
    case 'drain':
      return executors.drain(step, context);
    case 'stop':
      return executors.stop(step, context);
    case 'remove':
      return executors.remove(step, context);
    case 'rename':
      return executors.rename(step, context);
    case 'start':
      return executors.start(step, context);
    case 'post-start':
      return executors['post-start'](step, context);
    case 'pre-stop':
      return executors['pre-stop'](step, context);
    case 'remove-volume':
      return executors['remove-volume'](step, context);
    case 'forget':
      return executors.forget(step, context);
  }
}
