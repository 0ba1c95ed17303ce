import { sleepBy, type Clock } from '../runtime/clock.js';

interface Timer {
  readonly atMs: number;
  /** Timers of the same moment fire in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
}

/** Turns of the event loop given to promises after each timer; long chains of awaits need several. */
const TURNS_PER_TIMER = 3;

/** Lets everything run that waits for nothing but other promises. */
export async function settle(turns: number = TURNS_PER_TIMER): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock that stands still until told to advance. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();
  private elapsedMs = 0;
  private wallOffsetMs: number;
  private order = 0;
  private readonly turns: number;

  /** One turn after each timer is enough where nothing but promises is waited for. */
  constructor(startMs: number = Date.UTC(2026, 0, 1), turns: number = TURNS_PER_TIMER) {
    this.wallOffsetMs = startMs;
    this.turns = turns;
  }

  nowMs(): number {
    return this.wallOffsetMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((waitMs, callback) => this.after(waitMs, callback), ms, signal);
  }

  after(ms: number, callback: () => void): () => void {
    const timer = {
      atMs: this.elapsedMs + Math.max(0, ms),
      order: (this.order += 1),
      callback,
    };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  /** Moves the time on, timer by timer; what a timer sets in motion runs before the next one fires. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.elapsedMs + ms;
    await settle(this.turns);
    for (let timer = this.nextTimer(untilMs); timer; timer = this.nextTimer(untilMs)) {
      this.timers.delete(timer);
      this.elapsedMs = Math.max(this.elapsedMs, timer.atMs);
      timer.callback();
      await settle(this.turns);
    }
    this.elapsedMs = untilMs;
    await settle(this.turns);
  }

  /** Time passes, but no timer fires: a blocked event loop, or a host that slept. */
  jump(ms: number): void {
    this.elapsedMs += ms;
  }

  /** The wall clock alone is set, as an administrator or NTP would. */
  setWallClock(nowMs: number): void {
    this.wallOffsetMs = nowMs - this.elapsedMs;
  }

  get pendingTimers(): number {
    return this.timers.size;
  }

  private nextTimer(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.atMs > untilMs) continue;
      const isEarlier =
        next === undefined ||
        timer.atMs < next.atMs ||
        (timer.atMs === next.atMs && timer.order < next.order);
      if (isEarlier) next = timer;
    }
    return next;
  }
}
