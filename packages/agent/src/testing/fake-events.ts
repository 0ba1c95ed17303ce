import type { EngineEvent, EventHandlers } from '../docker/docker-port.js';

interface Stream {
  readonly handlers: EventHandlers;
  readonly end: () => void;
}

/** Who follows the events of the fake engine. An event arrives after the call that caused it has gone on, as over a socket. */
export class FakeEventStreams {
  private readonly open = new Set<Stream>();

  /** Resolves when the stream is over. */
  async follow(handlers: EventHandlers, signal: AbortSignal): Promise<void> {
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
    });
  }

  send(event: EngineEvent): void {
    for (const { handlers } of [...this.open]) {
      queueMicrotask(() => {
        handlers.onEvent(event);
      });
    }
  }

  endAll(): void {
    for (const stream of [...this.open]) stream.end();
  }
}
