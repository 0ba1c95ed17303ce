import type { Etcd3 } from 'etcd3';
import type { StoreOptions } from './store.js';

/** A user is configured, but authentication is not switched on yet: until the first refusal, calls go without. */
const NONE_NEEDED = '';

/**
 * The token of password authentication. It lives in the memory of the members: a restart or 300 s without use end it, and
 * the next refusal makes us fetch a new one. One for the whole store: etcd hands a new token to all members.
 */
export class Tokens {
  private readonly user: StoreOptions['user'];
  private token: string | undefined;
  private fetching: Promise<void> | undefined;

  constructor(user: StoreOptions['user']) {
    this.user = user;
  }

  get hasUser(): boolean {
    return this.user !== undefined;
  }

  get current(): string | undefined {
    return this.token === NONE_NEEDED ? undefined : this.token;
  }

  /** Makes `current` usable, where a user is configured at all. Throws what the library throws. */
  async ensure(etcd: Etcd3, timeoutMs: number): Promise<void> {
    if (this.user === undefined || this.token !== undefined) return;
    this.fetching ??= this.fetch(etcd, this.user, timeoutMs).finally(() => {
      this.fetching = undefined;
    });
    await this.fetching;
  }

  /** After a refusal; a token that somebody else has renewed in the meantime stays. */
  discard(refused: string | undefined): void {
    if (this.current === refused) this.token = undefined;
  }

  private async fetch(
    etcd: Etcd3,
    user: NonNullable<StoreOptions['user']>,
    timeoutMs: number,
  ): Promise<void> {
    try {
      const answer = await etcd.auth.authenticate(user, { deadline: Date.now() + timeoutMs });
      this.token = answer.token;
    } catch (err) {
      if (!(err instanceof Error) || !err.message.includes('authentication is not enabled'))
        throw err;
      this.token = NONE_NEEDED;
    }
  }
}
