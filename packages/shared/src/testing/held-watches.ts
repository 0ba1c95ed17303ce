import { DEFAULT_ROOT } from '../schema/keys.js';
import { KeySpace } from '../store/key-range.js';
import type { WatchEtcd, WatchRequest } from '../store/watch-stream.js';
import type { MemoryEtcd } from './memory-etcd.js';
import { MemoryWatches } from './memory-watches.js';

/** A member in memory at the other end of a client's watch streams; what it sends can be held. */
export class HeldWatches {
  readonly keySpace = new KeySpace(DEFAULT_ROOT);
  readonly requests: WatchRequest[] = [];
  streams = 0;
  ended = 0;
  /** What the stream hears of its own end. */
  fail: (err: Error) => void = () => undefined;
  private readonly watches: MemoryWatches;
  private isSilent = false;
  private readonly late: (() => void)[] = [];
  private isNextLost = false;

  constructor(etcd: MemoryEtcd) {
    this.watches = new MemoryWatches(etcd, this.keySpace);
  }

  readonly client = { watchClient: { watch: () => this.stream() } } as unknown as WatchEtcd;

  /** What is sent from now on stays on its way. */
  hush(): void {
    this.isSilent = true;
  }

  /** The next request does not arrive. */
  loseNext(): void {
    this.isNextLost = true;
  }

  /** All of it arrives. */
  deliver(): void {
    this.isSilent = false;
    for (const arrive of this.late.splice(0)) arrive();
  }

  private stream(): Promise<object> {
    this.streams += 1;
    const on = new Map<string, (about: unknown) => void>();
    this.fail = (err) => on.get('error')?.(err);
    const served = this.watches.open((response) => {
      const arrive = (): void => on.get('data')?.(response);
      if (this.isSilent) this.late.push(arrive);
      else arrive();
    });
    return Promise.resolve({
      on: (event: string, listener: (about: unknown) => void) => on.set(event, listener),
      write: (request: WatchRequest) => {
        this.requests.push(request);
        if (!this.isNextLost) served.receive(request);
        this.isNextLost = false;
      },
      end: () => {
        this.ended += 1;
        served.end();
      },
      cancel: () => undefined,
    });
  }
}
