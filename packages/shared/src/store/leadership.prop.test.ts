import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { MemoryEtcd } from '../testing/memory-etcd.js';
import { MemoryStore } from '../testing/memory-store.js';
import { seededRandom } from '../testing/seeded-random.js';
import { put, remove } from '../testing/store-writes.js';
import type { Guard, Leadership } from './store.js';

const CANDIDATES = 3;
const TTL_S = 5;

interface Candidate {
  readonly store: MemoryStore;
  readonly leadership: Leadership;
}

type Fault =
  | {
      readonly kind: 'disconnect' | 'reconnect' | 'loseApplied' | 'loseUnapplied';
      readonly who: number;
    }
  | { readonly kind: 'deleteKey' | 'outage' | 'recovery' };

const who = fc.nat(CANDIDATES - 1);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('disconnect', 'reconnect', 'loseApplied', 'loseUnapplied'),
    who,
  }),
  fc.record({ kind: fc.constantFrom('deleteKey', 'outage', 'recovery') }),
);

async function candidate(etcd: MemoryEtcd, index: number, seed: number): Promise<Candidate> {
  const store = new MemoryStore({ etcd, random: seededRandom(seed + index) });
  const session = await store.session({ ttlS: TTL_S });
  const identity = `candidate-${index}`;
  return { store, leadership: store.leadership({ key: 'leader', identity, session }) };
}

function inflict(next: Fault, candidates: readonly Candidate[], etcd: MemoryEtcd): void {
  const hit = 'who' in next ? candidates.slice(next.who, next.who + 1) : candidates;
  if (next.kind === 'deleteKey') {
    etcd.transact({ writes: [remove('leader')], guards: [], leaseId: undefined });
  }
  for (const { store } of hit) {
    if (next.kind === 'disconnect' || next.kind === 'outage') store.disconnect();
    if (next.kind === 'reconnect' || next.kind === 'recovery') store.reconnect();
    if (next.kind === 'loseApplied') store.loseAnswer('applied');
    if (next.kind === 'loseUnapplied') store.loseAnswer('unapplied');
  }
}

describe('leadership under random faults', () => {
  /**
   * Two may believe in it for as long as the news of a deleted key takes, which is why every write is fenced: two guards that
   * both hold would be the split brain.
   */
  test('of all guards that leaders would write with, at most one is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fault, fc.nat(8_000)), { maxLength: 12 }),
        fc.nat(),
        async (faults, seed) => {
          const clock = new ManualClock();
          const etcd = new MemoryEtcd(clock);
          const candidates: Candidate[] = [];
          for (let index = 0; index < CANDIDATES; index += 1) {
            candidates.push(await candidate(etcd, index, seed));
          }
          const check = (): void => {
            const guards = candidates
              .filter(({ leadership }) => leadership.isLeader())
              .map(({ leadership }) => leadership.guard());
            expect(guards.filter((guard) => isAccepted(etcd, guard)).length).toBeLessThanOrEqual(1);
          };
          for (const [next, afterMs] of faults) {
            for (let ms = 0; ms < afterMs; ms += 400) {
              await clock.advance(400);
              check();
            }
            inflict(next, candidates, etcd);
            check();
          }
          for (const { store } of candidates) store.reconnect();
          await clock.advance(4 * TTL_S * 1000);
          check();
          expect(candidates.filter(({ leadership }) => leadership.isLeader())).toHaveLength(1);
          for (const { store } of candidates) await store.close();
          expect(clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test('partitions alone never make two that believe in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(who, fc.boolean(), fc.nat(8_000)), { maxLength: 12 }),
        fc.nat(),
        async (partitions, seed) => {
          const clock = new ManualClock();
          const etcd = new MemoryEtcd(clock);
          const candidates: Candidate[] = [];
          for (let index = 0; index < CANDIDATES; index += 1) {
            candidates.push(await candidate(etcd, index, seed));
          }
          for (const [index, isCut, afterMs] of partitions) {
            for (let ms = 0; ms < afterMs; ms += 200) {
              await clock.advance(200);
              const believers = candidates.filter(({ leadership }) => leadership.isLeader());
              expect(believers.length).toBeLessThanOrEqual(1);
            }
            if (isCut) candidates[index]?.store.disconnect();
            else candidates[index]?.store.reconnect();
          }
          for (const { store } of candidates) await store.close();
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

function isAccepted(etcd: MemoryEtcd, guard: Guard): boolean {
  return etcd.transact({ writes: [put('written')], guards: [guard], leaseId: undefined })
    .isCommitted;
}
