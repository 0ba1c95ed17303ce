import type { IDuplexStream, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import { NapError } from '../errors/nap-error.js';
import type { Clock } from '../runtime/clock.js';
import { withDeadline } from '../runtime/deadline.js';
import { reasonOf } from './abort.js';
import { leaseIdToEtcd } from './etcd-rpc.js';
import type { Links } from './links.js';
import { isEtcdFailure, toNapError } from './map-errors.js';
import type { Tokens } from './tokens.js';

type Stream = IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

interface OpenStream {
  readonly stream: Stream;
  readonly fail: (err: Error) => void;
}

interface Waiting {
  readonly id: string;
  resolve(ttlS: number): void;
  reject(err: Error): void;
}

/**
 * The keepalive stream of one session, opened when needed and thrown away with its connection at the first trouble. One
 * renewal at a time, so an answer belongs to the request before it, and its send time to the lease.
 */
export class KeepAliveStream {
  private readonly links: Links;
  private readonly tokens: Tokens;
  private readonly clock: Clock;
  private current: OpenStream | undefined;
  private waiting: Waiting | undefined;

  constructor(links: Links, tokens: Tokens, clock: Clock) {
    this.links = links;
    this.tokens = tokens;
    this.clock = clock;
  }

  /** Remaining TTL in seconds, 0 when etcd no longer knows the lease. Throws ETCD_UNAVAILABLE, or the signal's reason. */
  async renew(leaseId: string, timeoutMs: number, signal: AbortSignal): Promise<number> {
    const onPassed = (): Error => new Error('no answer to a keepalive');
    try {
      return await withDeadline(
        { ms: timeoutMs, parent: signal, clock: this.clock, onPassed },
        (within) => this.ask(leaseIdToEtcd(leaseId), timeoutMs, within),
      );
    } catch (err) {
      if (signal.aborted) throw reasonOf(signal);
      if (isEtcdFailure(err)) throw toNapError(err, 'renew a lease', this.links.endpoints);
      const text = err instanceof Error ? err.message : String(err);
      throw new NapError(
        'ETCD_UNAVAILABLE',
        `etcd at ${this.links.endpoints.join(', ')}: ${text}`,
        {
          cause: err,
        },
      );
    }
  }

  close(): void {
    this.current?.fail(new Error('the session is closed'));
  }

  private async ask(id: string, timeoutMs: number, signal: AbortSignal): Promise<number> {
    this.current ??= await this.open(timeoutMs);
    const { stream, fail } = this.current;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        fail(reasonOf(signal));
      };
      const settle = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.waiting = undefined;
      };
      this.waiting = {
        id,
        resolve: (ttlS) => {
          settle();
          resolve(ttlS);
        },
        reject: (err) => {
          settle();
          reject(err);
        },
      };
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      stream.write({ ID: id });
    });
  }

  private async open(timeoutMs: number): Promise<OpenStream> {
    const held = this.links.acquire();
    try {
      await this.tokens.ensure(held.link.etcd, timeoutMs);
      const stream = await held.link.etcd.leaseClient.leaseKeepAlive();
      let isOpen = true;
      const fail = (err: Error): void => {
        if (!isOpen) return;
        isOpen = false;
        this.current = undefined;
        // Ended before it is cancelled, or the library takes the cancellation for a failure of the host.
        stream.end();
        stream.cancel();
        held.fail();
        held.release();
        this.waiting?.reject(err);
      };
      stream.on('error', fail);
      stream.on('end', () => {
        fail(new Error('etcd ended the keepalive stream'));
      });
      stream.on('data', (answer) => {
        if (this.waiting?.id === answer.ID) this.waiting.resolve(Number(answer.TTL));
      });
      return { stream, fail };
    } catch (err) {
      held.fail();
      held.release();
      throw err;
    }
  }
}
