import type { EngineEvent, EventHandlers, EventOptions } from '../docker/docker-port.js';

interface Stream {
  readonly handlers: EventHandlers;
  readonly end: () => void;
}

/** Past events that an engine remembers. */
const KEPT = 256;

/** Who follows the events of the fake engine. An event arrives after the call that caused it has gone on, as over a socket. */
export class FakeEventStreams {
  private readonly open = new Set<Stream>();
  private past: EngineEvent[] = [];

  /** Resolves when the stream is over. */
  async follow(handlers: EventHandlers, { signal, sinceMs }: EventOptions): Promise<void> {
    await new Promise<void>((resolve) => {
      const stream: Stream = {
        handlers,
        end: () => {
          this.open.delete(stream);
          resolve();
        },
      };
      this.open.add(stream);
      signal.addEventListener('abort', stream.end, { once: true });
      handlers.onOpen();
      // As over the wire, `since` counts whole seconds.
      const fromMs = sinceMs === undefined ? Infinity : Math.floor(sinceMs / 1000) * 1000;
      const missed = this.past.filter(({ atMs }) => atMs >= fromMs);
      queueMicrotask(() => {
        for (const event of missed) handlers.onEvent(event);
      });
    });
  }

  send(event: EngineEvent): void {
    this.past = [...this.past.slice(1 - KEPT), event];
    for (const { handlers } of [...this.open]) {
      queueMicrotask(() => {
        handlers.onEvent(event);
      });
    }
  }

  /** The engine has gone down, and what it remembered with it. */
  endAll(): void {
    this.past = [];
    for (const stream of [...this.open]) stream.end();
  }
}
