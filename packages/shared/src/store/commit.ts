import { isNapError, NapError } from '../errors/nap-error.js';
import { advanceGuards, checkGuards, chunkWrites, isSelfFenced } from './chunks.js';
import { STORE_LIMITS } from './limits.js';
import type {
  CommitOptions,
  CommitResult,
  EtcdRevision,
  Guard,
  StoredEntry,
  StoreKey,
  Write,
} from './store.js';

export interface Chunk {
  readonly writes: readonly Write[];
  readonly guards: readonly Guard[];
  readonly leaseId: string | undefined;
}

/** What a commit needs of etcd; the memory store brings its own. */
export interface TxnPort {
  /** One transaction. Throws ETCD_AMBIGUOUS when it was sent and no answer came. */
  transact(
    chunk: Chunk,
    signal?: AbortSignal,
  ): Promise<{ readonly isCommitted: boolean; readonly revision: EtcdRevision }>;
  /** The keys that exist, all at one etcd revision, linearizable. */
  read(
    keys: readonly StoreKey[],
    signal?: AbortSignal,
  ): Promise<{
    readonly revision: EtcdRevision;
    readonly entries: ReadonlyMap<StoreKey, StoredEntry>;
  }>;
  /** The highest etcd revision seen so far in any answer. */
  seenRevision(): EtcdRevision;
}

/** See `Store.commit`. */
export async function commitWrites(
  port: TxnPort,
  writes: readonly Write[],
  options: CommitOptions = {},
): Promise<CommitResult> {
  checkGuards(options.guards ?? []);
  const leaseId = options.session?.leaseId;
  if (leaseId === undefined && writes.some((write) => write.kind === 'put' && write.leased)) {
    throw new NapError('ETCD_INVALID', 'a leased put needs a session', {
      hint: 'this is a bug in nap',
    });
  }
  let guards = options.guards ?? [];
  let result: CommitResult = { kind: 'refused' };
  for (const chunk of chunkWrites(writes)) {
    result = await commitChunk(port, { writes: chunk, guards, leaseId }, options.signal);
    if (result.kind === 'refused') return result;
    guards = advanceGuards(guards, chunk, result.revision);
  }
  return result;
}

async function commitChunk(
  port: TxnPort,
  chunk: Chunk,
  signal: AbortSignal | undefined,
): Promise<CommitResult> {
  const before = port.seenRevision();
  let lost: NapError | undefined;
  for (let sent = 1; sent <= STORE_LIMITS.txnSends; sent += 1) {
    try {
      const { isCommitted, revision } = await port.transact(chunk, signal);
      if (isCommitted) return { kind: 'committed', revision };
      if (lost === undefined) return { kind: 'refused' };
    } catch (err) {
      if (!isNapError(err, 'ETCD_AMBIGUOUS')) throw lost ?? err;
      lost = err;
    }
    const verdict = await resolve(port, chunk, before, lost);
    if (verdict !== 'unapplied') return verdict;
    if (!isSelfFenced(chunk.guards, chunk.writes)) throw lost;
  }
  throw lost ?? new NapError('ETCD_AMBIGUOUS', 'a write could not be settled');
}

/**
 * Reads back after an answer was lost. "Unapplied" holds for now only: the request may still be on its way, so whoever
 * sends it again needs a guard that the late copy would break.
 */
async function resolve(
  port: TxnPort,
  chunk: Chunk,
  before: EtcdRevision,
  lost: NapError,
): Promise<CommitResult | 'unapplied'> {
  const guardedKeys = chunk.guards.flatMap((guard) =>
    guard.kind === 'prefixUnchanged' ? [] : [guard.key],
  );
  const keys = [...new Set([...chunk.writes.map(({ key }) => key), ...guardedKeys])];
  let now;
  try {
    now = await port.read(keys);
  } catch {
    // Why reading failed is less important than that a write is in doubt.
    throw lost;
  }
  const trace = traceOf(chunk, now.entries, before);
  if (trace.kind === 'whole') {
    return { kind: 'committed', revision: trace.revision ?? now.revision };
  }
  if (trace.kind === 'part') throw lost;
  return isForeverRefused(chunk, now.entries) ? { kind: 'refused' } : 'unapplied';
}

type Trace =
  | { readonly kind: 'whole'; readonly revision: EtcdRevision | undefined }
  /** Some of it is there: applied and then overwritten by somebody, or written by somebody else. */
  | { readonly kind: 'part' }
  | { readonly kind: 'none' };

/** How much of a chunk is visible in what was read. Puts of one transaction share one modification revision. */
function traceOf(
  chunk: Chunk,
  entries: ReadonlyMap<StoreKey, StoredEntry>,
  before: EtcdRevision,
): Trace {
  const revisions = new Set<EtcdRevision>();
  let visible = 0;
  let puts = 0;
  for (const write of chunk.writes) {
    const entry = entries.get(write.key);
    if (write.kind === 'delete') {
      if (entry === undefined) visible += 1;
      continue;
    }
    puts += 1;
    if (entry?.value === write.value && entry.modRevision > before) {
      visible += 1;
      revisions.add(entry.modRevision);
    }
  }
  if (puts === 0) {
    // Absence has no author: only a guard that still holds says that the deletion was not refused.
    const isDone = visible === chunk.writes.length && !isForeverRefused(chunk, entries);
    return isDone ? { kind: 'whole', revision: undefined } : { kind: 'none' };
  }
  if (visible === chunk.writes.length && revisions.size === 1) {
    return { kind: 'whole', revision: [...revisions][0] };
  }
  return revisions.size > 0 ? { kind: 'part' } : { kind: 'none' };
}

/** A guard on a key that the chunk itself does not write is false, and revisions never come back. */
function isForeverRefused(chunk: Chunk, entries: ReadonlyMap<StoreKey, StoredEntry>): boolean {
  return chunk.guards.some((guard) => {
    if (guard.kind !== 'createdAt' && guard.kind !== 'unchanged') return false;
    if (chunk.writes.some(({ key }) => key === guard.key)) return false;
    const entry = entries.get(guard.key);
    const revision = guard.kind === 'createdAt' ? entry?.createRevision : entry?.modRevision;
    return revision !== guard.revision;
  });
}
