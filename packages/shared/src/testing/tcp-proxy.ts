import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../runtime/clock.js';

type Direction = 'request' | 'answer';

/** Says whose connection it is, from the port that it comes from. */
type Identify = (remotePort: number) => string;

class ProxiedConnection {
  readonly owner: string;
  private readonly client: Socket;
  private readonly target: Socket;
  private readonly held = new Set<Direction>();
  private answerBytesLeft = Number.POSITIVE_INFINITY;
  /** What is on its way, by direction: first in, first out. */
  private readonly onTheWay: Record<Direction, (() => void)[]> = { request: [], answer: [] };
  private readonly cancels = new Set<() => void>();

  constructor(
    client: Socket,
    target: Socket,
    owner: string,
    lagMs: () => number,
    onAnswer: () => void,
  ) {
    this.client = client;
    this.target = target;
    this.owner = owner;
    for (const socket of [client, target]) {
      socket.setNoDelay(true);
      // A cut shows as an error on the other side; what matters is the close that follows.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.cut();
      });
    }
    client.on('data', (chunk) => {
      this.later('request', lagMs(), () => target.write(chunk));
    });
    target.on('data', (chunk) => {
      onAnswer();
      this.later('answer', lagMs(), () => {
        client.write(chunk.subarray(0, Math.min(chunk.length, this.answerBytesLeft)));
        this.answerBytesLeft -= chunk.length;
        if (this.answerBytesLeft <= 0) this.cut();
      });
    });
  }

  get isOpen(): boolean {
    return !this.client.destroyed;
  }

  /** Bytes stay where they are, in order: TCP knows no partition that loses some and goes on. */
  hold(direction: Direction): void {
    this.held.add(direction);
    (direction === 'request' ? this.client : this.target).pause();
  }

  release(): void {
    this.held.clear();
    this.client.resume();
    this.target.resume();
  }

  cutAfterAnswerBytes(bytes: number): void {
    this.answerBytesLeft = bytes;
  }

  cut(): void {
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
    this.client.destroy();
    this.target.destroy();
  }

  /** Each timer passes on what is first in line: timers may end in another order than they began, bytes may not. */
  private later(direction: Direction, lagMs: number, pass: () => void): void {
    const line = this.onTheWay[direction];
    if (lagMs === 0 && line.length === 0) {
      pass();
      return;
    }
    line.push(pass);
    const cancel = systemClock.after(lagMs, () => {
      this.cancels.delete(cancel);
      line.shift()?.();
    });
    this.cancels.add(cancel);
  }
}

/** A TCP proxy on loopback whose connections can be held, cut and starved of answers. */
export class TcpProxy {
  readonly port: number;
  private readonly server: Server;
  private readonly targetPort: number;
  private readonly identify: Identify;
  private readonly connections = new Set<ProxiedConnection>();
  private shouldHold: (owner: string) => readonly Direction[] = () => [];
  private lagMs = 0;
  private isRefusing = false;
  private opened = 0;
  private answers = 0;

  private constructor(server: Server, targetPort: number, identify: Identify) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    this.targetPort = targetPort;
    this.identify = identify;
    server.on('connection', (client) => {
      this.accept(client);
    });
  }

  /** To a port of loopback; `port` 0 picks a free one. */
  static async open(
    targetPort: number,
    options: { readonly port?: number; readonly identify?: Identify } = {},
  ): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return new TcpProxy(server, targetPort, options.identify ?? (() => ''));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections accepted so far. */
  get connectionCount(): number {
    return this.opened;
  }

  /** Pieces of answers that came back so far, delivered or not. */
  get answerCount(): number {
    return this.answers;
  }

  /** Partition: nothing passes in either direction, on old and new connections, until `release`. */
  hold(owner?: string): void {
    this.holdWhere(owner, ['request', 'answer']);
  }

  /** Requests pass, answers do not. */
  holdAnswers(): void {
    this.holdWhere(undefined, ['answer']);
  }

  release(): void {
    this.shouldHold = () => [];
    for (const connection of this.connections) connection.release();
  }

  /** From now on what passes takes so long, in each direction; to connect does not. */
  lag(ms: number): void {
    this.lagMs = ms;
  }

  /** Ends all connections; new ones are welcome. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
    this.connections.clear();
  }

  /** Each open connection is cut when that many more bytes of answers have passed on it. */
  cutAfterAnswerBytes(bytes: number): void {
    for (const connection of this.connections) connection.cutAfterAnswerBytes(bytes);
  }

  /** Ends all connections and closes new ones at once, until `welcome`. */
  refuse(): void {
    this.isRefusing = true;
    this.cut();
  }

  welcome(): void {
    this.isRefusing = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private holdWhere(owner: string | undefined, directions: readonly Direction[]): void {
    this.shouldHold = (candidate) => (owner === undefined || owner === candidate ? directions : []);
    for (const connection of this.connections) this.applyHold(connection);
  }

  private applyHold(connection: ProxiedConnection): void {
    for (const direction of this.shouldHold(connection.owner)) connection.hold(direction);
  }

  private accept(client: Socket): void {
    if (this.isRefusing) {
      client.destroy();
      return;
    }
    this.opened += 1;
    const owner = this.identify(client.remotePort ?? 0);
    const target = connect(this.targetPort, '127.0.0.1');
    const onAnswer = (): void => {
      this.answers += 1;
    };
    const connection = new ProxiedConnection(client, target, owner, () => this.lagMs, onAnswer);
    client.on('close', () => this.connections.delete(connection));
    this.connections.add(connection);
    connection.release();
    this.applyHold(connection);
  }
}
