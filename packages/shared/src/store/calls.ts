import type { Etcd3 } from 'etcd3';
import { NapError } from '../errors/nap-error.js';
import { backoffMs } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import { untilAborted } from './abort.js';
import type { Links } from './links.js';
import { STORE_LIMITS } from './limits.js';
import {
  classify,
  type Failure,
  isDeadlineExceeded,
  isEtcdFailure,
  toNapError,
} from './map-errors.js';
import type { Patience } from './patience.js';
import type { Tokens } from './tokens.js';

export interface CallOptions {
  /** What is asked, for a person: "read", "write", "grant a lease". */
  readonly what: string;
  /** A call that may run twice without harm is repeated after every outage; others only when provably unsent. */
  readonly isIdempotent: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface CallLimits {
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly patience: Patience;
}

type Request<T> = (etcd: Etcd3, options: { readonly deadline: number }) => Promise<T>;

/** Unary calls: every one has a deadline, moves on to the next endpoint, and ends within a bounded time. */
export class Calls {
  private readonly links: Links;
  private readonly tokens: Tokens;
  private readonly limits: CallLimits;
  private mayLookAtMs = Number.NEGATIVE_INFINITY;

  constructor(links: Links, tokens: Tokens, limits: CallLimits) {
    this.links = links;
    this.tokens = tokens;
    this.limits = limits;
  }

  get endpoints(): readonly string[] {
    return this.links.endpoints;
  }

  /**
   * Throws NapErrors. ETCD_AMBIGUOUS only for calls that are not idempotent: sent, and no answer came.
   * On abort rejects at once with the signal's reason, except while such a call is under way: its outcome is waited for.
   */
  async run<T>(request: Request<T>, options: CallOptions): Promise<T> {
    const { clock, random, patience } = this.limits;
    const count = this.links.endpoints.length;
    const timeoutMs = this.limits.timeoutMs * patience.learned;
    const givesUpAtMs = clock.monotonicMs() + timeoutMs * (count + STORE_LIMITS.callBudgetMore);
    const attempts = Math.max(STORE_LIMITS.callAttemptsMin, 2 * count);
    let unanswered = 0;
    for (let attempt = 1; ; attempt += 1) {
      options.signal?.throwIfAborted();
      // What none of the endpoints has answered in time may be too much to ask for.
      const longerMs = timeoutMs * 2 ** Math.floor(unanswered / count);
      const leftMs = Math.max(timeoutMs, givesUpAtMs - clock.monotonicMs());
      try {
        return await this.attempt(request, options, Math.min(longerMs, leftMs));
      } catch (err) {
        if (!isEtcdFailure(err)) throw err;
        if (isDeadlineExceeded(err)) unanswered += 1;
        const isOver = attempt >= attempts || clock.monotonicMs() >= givesUpAtMs;
        if (isOver || !this.mayRepeat(classify(err), options)) throw this.verdict(err, options);
      }
      const round = Math.floor(attempt / count) - 1;
      if (round >= 0) {
        await clock.sleep(backoffMs(round, random(), STORE_LIMITS.callBackoff), options.signal);
      }
    }
  }

  private async attempt<T>(
    request: Request<T>,
    options: CallOptions,
    timeoutMs: number,
  ): Promise<T> {
    const { link, release, fail } = this.links.acquire();
    const { clock } = this.limits;
    let token: string | undefined;
    let askedAtMs: number | undefined;
    try {
      await this.tokens.ensure(link.etcd, timeoutMs);
      token = this.tokens.current;
      askedAtMs = clock.monotonicMs();
      const asked = request(link.etcd, { deadline: Date.now() + timeoutMs });
      const answer = await (options.isIdempotent ? untilAborted(asked, options.signal) : asked);
      this.learn(askedAtMs, fail);
      return answer;
    } catch (err) {
      if (isEtcdFailure(err)) {
        const failure = classify(err);
        if (failure === 'tokenRefused') this.tokens.discard(token);
        if (failure === 'unsent' || failure === 'unanswered') fail();
        // No is an answer, too.
        else if (askedAtMs !== undefined) this.learn(askedAtMs, fail);
      }
      throw err;
    } finally {
      release();
    }
  }

  /** From an answer that has just come. One that was late is a reason to `leave` its endpoint. */
  private learn(askedAtMs: number, leave: () => void): void {
    const { clock, patience, timeoutMs } = this.limits;
    const tookMs = clock.monotonicMs() - askedAtMs;
    patience.answered(tookMs, timeoutMs);
    if (tookMs > timeoutMs && this.mayLookElsewhere()) leave();
  }

  /** Another endpoint may be quicker than one that answers late; where all are late, nobody goes round and round. */
  private mayLookElsewhere(): boolean {
    const nowMs = this.limits.clock.monotonicMs();
    if (this.limits.patience.isAlone || nowMs < this.mayLookAtMs) return false;
    this.mayLookAtMs = nowMs + STORE_LIMITS.lookElsewhereEveryMs;
    return true;
  }

  private mayRepeat(failure: Failure, options: CallOptions): boolean {
    if (failure === 'tokenRefused') return this.tokens.hasUser;
    return failure === 'unsent' || (failure === 'unanswered' && options.isIdempotent);
  }

  private verdict(err: Error, options: CallOptions): NapError {
    if (options.isIdempotent || classify(err) !== 'unanswered') {
      return toNapError(err, options.what, this.links.endpoints);
    }
    return new NapError(
      'ETCD_AMBIGUOUS',
      `etcd at ${this.links.endpoints.join(', ')} did not answer a request to ${options.what}: it may or may not have happened`,
      { hint: 'nap reads again before it acts', cause: err },
    );
  }
}
