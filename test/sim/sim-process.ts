import { sleepBy, type Clock } from '@nap/shared/runtime';

/**
 * One process of the simulation: what it waits for reaches it at once, later while it is frozen (SIGSTOP), and never once it
 * is dead (SIGKILL). It has no other way to learn of anything: timers, answers and events all come through `receive`.
 */
export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  private state: 'running' | 'frozen' | 'dead' = 'running';
  private readonly waiting: (() => void)[] = [];
  private readonly endings: (() => void)[] = [];
  private readonly world: Clock;
  private frozenAtMs = 0;

  /** `machine` is the clock of its machine, which goes on without it. */
  constructor(name: string, machine: Clock) {
    this.name = name;
    this.world = machine;
    this.clock = {
      nowMs: () => machine.nowMs(),
      monotonicMs: () => machine.monotonicMs(),
      after: (ms, callback) =>
        machine.after(ms, () => {
          this.receive(callback);
        }),
      sleep: (ms, signal) => sleepBy((waitMs, then) => this.clock.after(waitMs, then), ms, signal),
    };
  }

  get isRunning(): boolean {
    return this.state === 'running';
  }

  get isDead(): boolean {
    return this.state === 'dead';
  }

  receive(callback: () => void): void {
    if (this.state === 'running') callback();
    else if (this.state === 'frozen') this.waiting.push(callback);
  }

  freeze(): void {
    if (this.state !== 'running') return;
    this.state = 'frozen';
    this.frozenAtMs = this.world.monotonicMs();
  }

  /** Returns for how long it was frozen, in ms. */
  thaw(): number {
    if (this.state !== 'frozen') return 0;
    this.state = 'running';
    const waited = this.waiting.splice(0);
    // Each in a turn of its own, as the event loop would: one of them may end the process.
    for (const callback of waited) {
      this.world.after(0, () => {
        this.receive(callback);
      });
    }
    return this.world.monotonicMs() - this.frozenAtMs;
  }

  kill(): void {
    if (this.isDead) return;
    this.state = 'dead';
    this.waiting.length = 0;
    for (const end of this.endings.splice(0)) end();
  }

  onDeath(callback: () => void): void {
    this.endings.push(callback);
  }

  /** Asks something outside; the answer comes in like everything else. */
  call<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.isDead) return;
      work().then(
        (value) => {
          this.receive(() => {
            resolve(value);
          });
        },
        (err: unknown) => {
          this.receive(() => {
            reject(err instanceof Error ? err : new Error(String(err)));
          });
        },
      );
    });
  }
}
