import fc from 'fast-check';
import { put, remove } from '../testing/store-writes.js';
import { advanceGuards, checkGuards, chunkWrites, isSelfFenced } from './chunks.js';
import { STORE_LIMITS } from './limits.js';
import type { Guard, Write } from './store.js';

const anyWrite: fc.Arbitrary<Write> = fc
  .tuple(fc.nat(150), fc.nat(60_000), fc.boolean())
  .map(([key, bytes, isPut]) =>
    isPut ? put(`key/${key}`, 'x'.repeat(bytes)) : remove(`key/${key}`),
  );

describe('chunks of a commit', () => {
  test('keep all writes in order, within the limits, and no key twice in one', () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 400 }), (writes) => {
        const chunks = chunkWrites(writes);
        expect(chunks.flat()).toEqual(writes);
        for (const chunk of chunks) {
          expect(chunk.length).toBeLessThanOrEqual(STORE_LIMITS.txnOps);
          expect(new Set(chunk.map(({ key }) => key)).size).toBe(chunk.length);
          const bytes = chunk.map((write) => (write.kind === 'put' ? write.value.length : 0));
          expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(
            STORE_LIMITS.txnBytes,
          );
        }
        expect(chunks.slice(1).every((chunk) => chunk.length > 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('of nothing are one empty transaction', () => {
    expect(chunkWrites([])).toEqual([[]]);
  });

  test('count bytes, not characters', () => {
    const value = 'ä'.repeat(400_000);
    expect(chunkWrites([put('a', value), put('b', value)])).toHaveLength(2);
    expect(() => chunkWrites([put('a', 'ä'.repeat(600_000))])).toThrow('the value of a has');
  });

  test('too many guards are refused before anything is written', () => {
    const guards = Array.from({ length: 101 }, (_, index): Guard => ({
      kind: 'absent',
      key: String(index),
    }));
    expect(() => {
      checkGuards(guards);
    }).toThrow('101 guards');
  });
});

describe('guards after a chunk of the same commit', () => {
  const after = (guard: Guard, ...writes: Write[]): Guard | undefined =>
    advanceGuards([guard], writes, 9n)[0];

  test('stay as they are where the chunk wrote nothing', () => {
    const guard: Guard = { kind: 'unchanged', key: 'k', revision: 3n };
    expect(after(guard, put('other'))).toEqual(guard);
    const prefix: Guard = { kind: 'prefixUnchanged', prefix: 'p/', revision: 3n };
    expect(after(prefix, put('pp'))).toEqual(prefix);
  });

  test('follow what the chunk wrote', () => {
    expect(after({ kind: 'unchanged', key: 'k', revision: 3n }, put('k'))).toEqual({
      kind: 'unchanged',
      key: 'k',
      revision: 9n,
    });
    expect(after({ kind: 'absent', key: 'k' }, put('k'))).toEqual({
      kind: 'unchanged',
      key: 'k',
      revision: 9n,
    });
    expect(after({ kind: 'unchanged', key: 'k', revision: 3n }, remove('k'))).toEqual({
      kind: 'absent',
      key: 'k',
    });
    expect(
      after({ kind: 'prefixUnchanged', prefix: 'p/', revision: 3n }, put('p/1')),
    ).toMatchObject({ revision: 9n });
  });

  test('a fence survives a rewrite of its key', () => {
    const fence: Guard = { kind: 'createdAt', key: 'leader', revision: 3n };
    expect(after(fence, put('leader'))).toEqual(fence);
  });
});

describe('a self-fenced chunk', () => {
  test('breaks a guard of its own by being applied', () => {
    expect(isSelfFenced([{ kind: 'absent', key: 'k' }], [put('k')])).toBe(true);
    expect(isSelfFenced([{ kind: 'unchanged', key: 'k', revision: 1n }], [remove('k')])).toBe(true);
    expect(
      isSelfFenced([{ kind: 'prefixUnchanged', prefix: 'p/', revision: 1n }], [put('p/1')]),
    ).toBe(true);
  });

  test('is none without guards, under a fence alone, or under guards of other keys', () => {
    expect(isSelfFenced([], [put('k')])).toBe(false);
    expect(isSelfFenced([{ kind: 'createdAt', key: 'k', revision: 1n }], [put('k')])).toBe(false);
    expect(isSelfFenced([{ kind: 'absent', key: 'other' }], [put('k')])).toBe(false);
  });
});
