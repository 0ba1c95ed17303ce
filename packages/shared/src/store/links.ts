import type { Etcd3 } from 'etcd3';
import { NapError } from '../errors/nap-error.js';
import { EndpointRing } from './endpoints.js';

/** One client of one endpoint: one TCP connection. */
export interface Link {
  readonly endpoint: string;
  readonly etcd: Etcd3;
}

interface HeldLink extends Link {
  holders: number;
  isRetired: boolean;
}

/**
 * The connection of one purpose. There are three, because errors and big answers must not cross: a list of 10 MB must not
 * delay a keepalive, and a failed call makes the library close the channel under everything else of that client.
 * A failed link is replaced by one to the next endpoint and closed when its last holder has let go.
 */
export class Links {
  private readonly ring: EndpointRing;
  private readonly dial: (endpoint: string) => Etcd3;
  private link: HeldLink | undefined;
  private readonly open = new Set<HeldLink>();
  private isClosed = false;

  constructor(endpoints: readonly string[], dial: (endpoint: string) => Etcd3) {
    this.ring = new EndpointRing(endpoints);
    this.dial = dial;
  }

  get endpoints(): readonly string[] {
    return this.ring.all;
  }

  /** The link in use, held until `release`. `fail` marks it as bad for everybody. */
  acquire(): { readonly link: Link; readonly release: () => void; readonly fail: () => void } {
    if (this.isClosed) throw new NapError('ETCD_UNAVAILABLE', 'the store is closed');
    this.link ??= this.dialCurrent();
    const held = this.link;
    held.holders += 1;
    let isReleased = false;
    return {
      link: held,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        held.holders -= 1;
        this.closeIfIdle(held);
      },
      fail: () => {
        this.retire(held);
      },
    };
  }

  close(): void {
    this.isClosed = true;
    this.link = undefined;
    for (const held of this.open) held.etcd.close();
    this.open.clear();
  }

  private dialCurrent(): HeldLink {
    const endpoint = this.ring.current;
    const held = { endpoint, etcd: this.dial(endpoint), holders: 0, isRetired: false };
    this.open.add(held);
    return held;
  }

  private retire(held: HeldLink): void {
    // Somebody else has met the same failure and moved on already.
    if (this.link !== held) return;
    held.isRetired = true;
    this.link = undefined;
    this.ring.next();
    this.closeIfIdle(held);
  }

  private closeIfIdle(held: HeldLink): void {
    if (!held.isRetired || held.holders > 0 || !this.open.delete(held)) return;
    held.etcd.close();
  }
}
