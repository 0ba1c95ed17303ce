import { NapError } from '../errors/nap-error.js';
import { isUnder } from './key-range.js';
import { STORE_LIMITS } from './limits.js';
import type { EtcdRevision, Guard, StoreKey, Write } from './store.js';

function bytesOf(write: Write): number {
  const value = write.kind === 'put' ? Buffer.byteLength(write.value) : 0;
  return Buffer.byteLength(write.key) + value + STORE_LIMITS.txnOpOverheadBytes;
}

/**
 * Cuts writes, in order, into transactions that etcd accepts. A key that is written twice begins a new one: etcd refuses it
 * within one. Throws ETCD_INVALID for a write that fits into none.
 */
export function chunkWrites(writes: readonly Write[]): readonly (readonly Write[])[] {
  const chunks: Write[][] = [[]];
  let keys = new Set<StoreKey>();
  let bytes = 0;
  for (const write of writes) {
    const size = bytesOf(write);
    if (size > STORE_LIMITS.txnBytes) throw tooLarge(write.key, size);
    const isFull = keys.size >= STORE_LIMITS.txnOps || bytes + size > STORE_LIMITS.txnBytes;
    if (isFull || keys.has(write.key)) {
      chunks.push([]);
      keys = new Set();
      bytes = 0;
    }
    chunks.at(-1)?.push(write);
    keys.add(write.key);
    bytes += size;
  }
  return chunks;
}

function tooLarge(key: StoreKey, size: number): NapError {
  return new NapError(
    'ETCD_INVALID',
    `the value of ${key} has ${size} bytes, etcd takes up to ${STORE_LIMITS.txnBytes}`,
    { hint: 'make the value smaller', details: { key, bytes: size } },
  );
}

export function checkGuards(guards: readonly Guard[]): void {
  if (guards.length <= STORE_LIMITS.txnGuards) return;
  throw new NapError(
    'ETCD_INVALID',
    `a commit carries ${guards.length} guards, at most ${STORE_LIMITS.txnGuards} are possible`,
    { hint: 'guard a prefix, or the key of the leader, instead of single keys' },
  );
}

/**
 * What the guards become for the next chunk, after `writes` were committed at `revision`: a key that this very commit has
 * changed is from then on guarded at the revision of that change. Nothing slips in between, because the chunk proved the
 * old guard at the same revision at which it made the new one true.
 */
export function advanceGuards(
  guards: readonly Guard[],
  writes: readonly Write[],
  revision: EtcdRevision,
): readonly Guard[] {
  return guards.map((guard): Guard => {
    if (guard.kind === 'prefixUnchanged') {
      const isTouched = writes.some(({ key }) => key.startsWith(guard.prefix));
      return isTouched ? { ...guard, revision } : guard;
    }
    const write = writes.find(({ key }) => key === guard.key);
    if (write === undefined) return guard;
    if (write.kind === 'delete') return { kind: 'absent', key: guard.key };
    return guard.kind === 'createdAt' ? guard : { kind: 'unchanged', key: guard.key, revision };
  });
}

/**
 * Applying the writes makes one of their own guards false, so of several copies of the transaction on their way at most
 * one can be applied: it is safe to send it again.
 */
export function isSelfFenced(guards: readonly Guard[], writes: readonly Write[]): boolean {
  return guards.some((guard) => {
    switch (guard.kind) {
      case 'unchanged':
        return writes.some(({ key }) => key === guard.key);
      case 'absent':
        return writes.some(({ kind, key }) => kind === 'put' && key === guard.key);
      case 'prefixUnchanged':
        return writes.some(({ kind, key }) => kind === 'put' && isUnder(guard.prefix, key));
      case 'createdAt':
        return false;
    }
  });
}
