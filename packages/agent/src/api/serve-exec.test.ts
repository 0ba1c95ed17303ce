import { PassThrough } from 'node:stream';
import type { ExecMessage, TerminalSize } from '@nap/shared';
import type { WebSocket } from 'ws';
import type { ExecSession } from '../docker/operator-port.js';
import type { RouteParts } from './routes.js';
import { ServedSession } from './serve-exec.js';

/** An engine whose first answer takes longer than all that follow. */
class SlowAtFirst implements ExecSession {
  readonly stream = new PassThrough();
  readonly isTerminal = true;
  readonly applied: string[] = [];
  answerFirst: () => void = () => undefined;
  private isFirst = true;

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    if (this.isFirst) {
      this.isFirst = false;
      await new Promise<void>((resolve) => {
        this.answerFirst = resolve;
      });
    }
    this.applied.push(`${columns}x${rows}`);
  }

  signal = (): Promise<void> => Promise.resolve();
  exitCode = (): Promise<number> => new Promise(() => undefined);
}

class Served extends ServedSession {
  private readonly running: ExecSession;

  constructor(client: WebSocket, session: ExecSession) {
    super(client, {} as RouteParts);
    this.running = session;
  }

  protected begin({ type }: ExecMessage): Promise<ExecSession> | undefined {
    return type === 'start' ? Promise.resolve(this.running) : undefined;
  }

  protected abandon = (): Promise<void> => Promise.resolve();
}

const client = {
  send: (_data: unknown, done: () => void) => {
    done();
  },
  close: () => undefined,
} as unknown as WebSocket;

it('gives the engine one size at a time, and of those that came meanwhile the newest', async () => {
  const session = new SlowAtFirst();
  const served = new Served(client, session);
  const tell = (message: object): void => {
    served.take(Buffer.from(JSON.stringify(message)), false);
  };
  const size = (columns: number): void => {
    tell({ type: 'resize', terminal: { columns, rows: 30 } });
  };
  tell({ type: 'start', instance: 'shop.web.1', command: ['sh'], hasInput: true });
  size(80);
  await new Promise(setImmediate);
  size(100);
  size(120);
  await new Promise(setImmediate);
  expect(session.applied).toEqual([]);
  session.answerFirst();
  await new Promise(setImmediate);
  expect(session.applied).toEqual(['80x30', '120x30']);
});
