import type { IncomingMessage } from 'node:http';
import { apiErrorSchema, apiPaths, fromApiError, isNapError, type NapError } from '@nap/shared';
import { withDeadline, type Clock } from '@nap/shared/runtime';
import { asNapError, type Agents } from '../agents/agents.js';
import type { Target } from '../agents/targets.js';
import { FrameReader, type LogLine } from './frame-reader.js';

export interface LogWish {
  readonly follow: boolean;
  readonly tail: number | undefined;
  /** Seconds since 1970, with decimals. */
  readonly since: string | undefined;
  readonly until: string | undefined;
}

export interface LogSourceParts {
  readonly wish: LogWish;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where the instance is now, and whom to ask; undefined when it is gone or has ended for good. */
  readonly locate: (target: Target) => Promise<{ target: Target; agents: Agents } | undefined>;
  /** How far it was read before; absent: from its beginning. */
  readonly place?: Place;
  /** Said once for each trouble. */
  readonly onTrouble: (target: Target, error: NapError) => void;
}

/** Without follow a log has no pauses: who says nothing for so long has gone away in the middle. */
const SILENCE_MS = 15_000;
const AGAIN_AFTER_MS = 1_000;

/**
 * The log of one instance, in batches; an empty one once it is open. With `follow` it goes on with the instance's next
 * container, on whatever host that is, after the last line that was read. Does not throw: trouble is told of.
 */
export async function* readLog(
  first: Target,
  agents: Agents,
  parts: LogSourceParts,
): AsyncGenerator<readonly LogLine[]> {
  const { wish, clock, signal } = parts;
  const { place = new Place() } = parts;
  let at: { target: Target; agents: Agents } | undefined = { target: first, agents };
  let trouble: string | undefined;
  while (at !== undefined) {
    try {
      for await (const batch of readOnce(at.target, at.agents, place, parts)) {
        trouble = undefined;
        yield batch;
      }
    } catch (err) {
      if (isOver(signal)) return;
      const error = asNapError(err);
      if (error.message !== trouble) parts.onTrouble(at.target, error);
      trouble = error.message;
    }
    if (!wish.follow) return;
    // The merge does not wait for this one meanwhile.
    yield [];
    await clock.sleep(AGAIN_AFTER_MS, signal).catch(() => undefined);
    if (isOver(signal)) return;
    at = await relocate(at, parts);
  }
}

/** Not as a property: it changes while others work. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;

async function relocate(
  at: { target: Target; agents: Agents },
  { locate }: LogSourceParts,
): Promise<{ target: Target; agents: Agents } | undefined> {
  try {
    return await locate(at.target);
  } catch (err) {
    // While etcd is away it is where it was, as far as is known.
    if (isNapError(err)) return at;
    throw err;
  }
}

async function* readOnce(
  { instance, host, spec }: Target,
  agents: Agents,
  place: Place,
  { wish, signal }: LogSourceParts,
): AsyncGenerator<readonly LogLine[]> {
  const client = agents.of(host);
  const answer = await client.call({
    ...{ method: 'GET', path: apiPaths.logs, signal },
    query: {
      ...{ instance, spec, follow: String(wish.follow), until: wish.until },
      since: place.since ?? wish.since,
      tail: place.since === undefined ? wish.tail?.toString() : undefined,
    },
  });
  yield [];
  const reader = new FrameReader();
  place.reopen();
  try {
    for await (const chunk of pieces(answer, wish.follow)) yield place.pass(reader.read(chunk));
  } catch (err) {
    throw client.brokenOff(err);
  } finally {
    answer.destroy();
  }
  yield place.pass(reader.end());
  if (reader.error === undefined) return;
  throw fromApiError(apiErrorSchema.parse(JSON.parse(reader.error)), host);
}

async function* pieces(answer: IncomingMessage, follow: boolean): AsyncGenerator<Buffer> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const next = await (follow ? chunks.next() : soon(chunks));
    if (next.done === true) break;
    yield next.value;
  }
  if (!answer.complete) throw new Error('it hung up');
}

const soon = (chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> =>
  withDeadline({ ms: SILENCE_MS }, (inTime) =>
    Promise.race([
      chunks.next(),
      new Promise<never>((_resolve, reject) => {
        inTime.addEventListener('abort', () => {
          reject(new Error(`nothing more for ${SILENCE_MS / 1000} s`));
        });
      }),
    ]),
  );

/** How far a log was read. Several lines may be of the same nanosecond. */
export class Place {
  private time: string | undefined;
  private count = 0;
  private toSkip = 0;

  /** For the engine, which gives lines of this very time again. */
  get since(): string | undefined {
    if (this.time === undefined) return undefined;
    const seconds = Math.floor(Date.parse(`${this.time.slice(0, 19)}Z`) / 1000);
    return `${seconds}.${this.time.slice(20, 29)}`;
  }

  reopen(): void {
    this.toSkip = this.count;
  }

  /** Without those that were read before. */
  pass(lines: readonly LogLine[]): readonly LogLine[] {
    let fresh = lines;
    while (this.toSkip > 0 && fresh.length > 0) {
      const isOld = fresh[0]?.time === this.time;
      this.toSkip = isOld ? this.toSkip - 1 : 0;
      if (isOld) fresh = fresh.slice(1);
    }
    const last = fresh.at(-1);
    if (last === undefined) return fresh;
    if (last.time !== this.time) this.count = 0;
    this.time = last.time;
    for (let at = fresh.length - 1; at >= 0 && fresh[at]?.time === last.time; at -= 1) {
      this.count += 1;
    }
    return fresh;
  }
}
