import type { Clock } from '../runtime/clock.js';

/** What becomes of what is sent one way: it arrives, waits in a buffer until the way is open again, or is lost. */
export type Passing = 'pass' | 'hold' | 'drop';
export type Direction = 'there' | 'back';

export interface WireOptions {
  /** The world's clock, which does not stop with the process at this end. */
  readonly clock: Clock;
  /** Of one message, in ms. */
  readonly latencyMs: () => number;
  /** How something comes into the process at this end: later when it is frozen, never when it is dead. */
  readonly receive?: (callback: () => void) => void;
}

interface Connection {
  readonly lastAtMs: Record<Direction, number>;
  readonly ends: ConnectionEnds;
  isOpen: boolean;
}

export interface ConnectionEnds {
  /** Here: it was reset. */
  readonly onBroken: () => void;
  /** At etcd: it is over, whoever ended it. */
  readonly onGone?: () => void;
}

/**
 * What lies between one client and etcd. Messages of one connection keep their order; each way can be cut by itself, so
 * that a request arrives whose answer does not.
 */
export class Wire {
  private readonly options: WireOptions;
  private readonly passing: Record<Direction, Passing> = { there: 'pass', back: 'pass' };
  private readonly held: Record<Direction, (() => void)[]> = { there: [], back: [] };
  private readonly connections = new Set<Connection>();

  constructor(options: WireOptions) {
    this.options = options;
  }

  set(direction: Direction, passing: Passing): void {
    this.passing[direction] = passing;
    if (passing === 'hold') return;
    const held = this.held[direction].splice(0);
    if (passing === 'pass') for (const go of held) go();
  }

  /** A connection of its own. */
  open(ends: ConnectionEnds): WireConnection {
    const connection: Connection = {
      lastAtMs: { there: 0, back: 0 },
      ends,
      isOpen: true,
    };
    this.connections.add(connection);
    return {
      send: (direction, callback) => {
        this.send(connection, direction, callback);
      },
      close: () => {
        this.end(connection);
      },
    };
  }

  /** All connections are reset: what was under way is lost. */
  reset(): void {
    this.held.there = [];
    this.held.back = [];
    for (const connection of [...this.connections]) {
      this.end(connection);
      this.receive(connection.ends.onBroken);
    }
  }

  private end(connection: Connection): void {
    connection.isOpen = false;
    if (this.connections.delete(connection)) connection.ends.onGone?.();
  }

  private send(connection: Connection, direction: Direction, callback: () => void): void {
    const go = (): void => {
      const { clock, latencyMs } = this.options;
      const nowMs = clock.monotonicMs();
      const atMs = Math.max(connection.lastAtMs[direction], nowMs + latencyMs());
      connection.lastAtMs[direction] = atMs;
      clock.after(atMs - nowMs, () => {
        this.arrive(connection, direction, callback);
      });
    };
    this.pass(connection, direction, go);
  }

  /** What is under way when the way is cut does not arrive either. */
  private arrive(connection: Connection, direction: Direction, callback: () => void): void {
    this.pass(connection, direction, () => {
      if (!connection.isOpen) return;
      if (direction === 'there') callback();
      else this.receive(callback);
    });
  }

  private pass(connection: Connection, direction: Direction, go: () => void): void {
    if (!connection.isOpen || this.passing[direction] === 'drop') return;
    if (this.passing[direction] === 'hold') this.held[direction].push(go);
    else go();
  }

  private receive(callback: () => void): void {
    const { receive } = this.options;
    if (receive === undefined) callback();
    else receive(callback);
  }
}

export interface WireConnection {
  send(direction: Direction, callback: () => void): void;
  /** What is still under way does not arrive. */
  close(): void;
}
