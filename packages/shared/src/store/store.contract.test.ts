import { jest } from '@jest/globals';
import { many, put, remove, revisionOf, type StoreBed, storeKinds } from '../testing/index.js';
import type { Store } from './store.js';

describe.each(storeKinds)('store port, reading and writing: $name', (kind) => {
  jest.setTimeout(60_000);
  let bed: StoreBed;
  let store: Store;
  let stores: Store[] = [];

  const another = (): Store => {
    const opened = bed.open();
    stores.push(opened);
    return opened;
  };

  beforeAll(async () => {
    await kind.begin();
  });
  afterAll(async () => {
    await kind.end();
  });
  beforeEach(() => {
    bed = kind.bed();
    stores = [];
    store = another();
  });
  afterEach(async () => {
    for (const opened of stores) await opened.close();
  });

  describe('snapshot', () => {
    test('holds the entries of all prefixes and exact keys, by keys without the root', async () => {
      await store.commit([put('a/1'), put('a/2'), put('ab'), put('b/1'), put('c'), put('cc')]);
      const { entries } = await store.snapshot(['a/', 'c']);
      expect([...entries.keys()].sort()).toEqual(['a/1', 'a/2', 'c']);
    });

    test('of the empty prefix is everything under the root', async () => {
      await store.commit([put('a/1'), put('z')]);
      const { entries } = await store.snapshot(['']);
      expect([...entries.keys()].sort()).toEqual(['a/1', 'z']);
    });

    test('names the revision at which all of it was true', async () => {
      const written = await revisionOf(store, put('a/1'));
      const { revision, entries } = await store.snapshot(['a/']);
      expect(revision).toBeGreaterThanOrEqual(written);
      expect(entries.get('a/1')).toEqual({
        key: 'a/1',
        value: 'v',
        createRevision: written,
        modRevision: written,
      });
    });

    test('is whole when it takes several pages', async () => {
      await store.commit(many(2_500));
      const { entries } = await store.snapshot(['many/', 'none/']);
      expect(entries.size).toBe(2_500);
    });

    test('rejects with the reason of a signal that has aborted', async () => {
      const reason = new Error('enough');
      await expect(store.snapshot(['a/'], AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });

  describe('keys', () => {
    test('are those of the snapshot, also when it takes several pages', async () => {
      await store.commit([...many(1_500), put('a/1')]);
      expect((await store.keys(['many/', 'a/1', 'none/'])).length).toBe(1_501);
    });
  });

  describe('get', () => {
    test('finds one key, and nothing where nothing is', async () => {
      await store.commit([put('a/1', 'ä → ö')]);
      expect((await store.get('a/1'))?.value).toBe('ä → ö');
      expect(await store.get('a/2')).toBeUndefined();
    });
  });

  describe('commit', () => {
    test('keeps the create revision of a key that is written again', async () => {
      const created = await revisionOf(store, put('a'));
      const changed = await revisionOf(store, put('a', 'w'));
      expect(changed).toBeGreaterThan(created);
      expect(await store.get('a')).toEqual({
        key: 'a',
        value: 'w',
        createRevision: created,
        modRevision: changed,
      });
    });

    test('deletes, and takes no offence at a key that does not exist', async () => {
      await store.commit([put('a')]);
      expect((await store.commit([remove('a'), remove('never')])).kind).toBe('committed');
      expect(await store.get('a')).toBeUndefined();
    });

    test('writes everything of a chunk at one revision', async () => {
      await store.commit([put('a'), put('b')]);
      const [a, b] = [await store.get('a'), await store.get('b')];
      expect(a?.modRevision).toBe(b?.modRevision);
    });

    test('of nothing answers whether the guards hold', async () => {
      expect((await store.commit([], { guards: [{ kind: 'absent', key: 'a' }] })).kind).toBe(
        'committed',
      );
      await store.commit([put('a')]);
      expect((await store.commit([], { guards: [{ kind: 'absent', key: 'a' }] })).kind).toBe(
        'refused',
      );
    });

    test('a guard that does not hold refuses everything', async () => {
      await store.commit([put('there')]);
      const result = await store.commit([put('a'), remove('there')], {
        guards: [{ kind: 'absent', key: 'there' }],
      });
      expect(result).toEqual({ kind: 'refused' });
      expect(await store.get('a')).toBeUndefined();
      expect(await store.get('there')).toBeDefined();
    });

    test('"createdAt" holds while the key is rewritten, and no longer once it was made anew', async () => {
      const revision = await revisionOf(store, put('k'));
      const guards = [{ kind: 'createdAt', key: 'k', revision } as const];
      await store.commit([put('k', 'again')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('committed');
      await store.commit([remove('k')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('refused');
      await store.commit([put('k')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('refused');
    });

    test('"unchanged" holds until the key is rewritten', async () => {
      const revision = await revisionOf(store, put('k'));
      const guards = [{ kind: 'unchanged', key: 'k', revision } as const];
      expect((await store.commit([put('x')], { guards })).kind).toBe('committed');
      await store.commit([put('k')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('refused');
    });

    test('"prefixUnchanged" sees writes under the prefix, new keys too, and none beside it', async () => {
      const revision = await revisionOf(store, put('p/1'));
      const guards = [{ kind: 'prefixUnchanged', prefix: 'p/', revision } as const];
      await store.commit([put('pp'), put('o/1')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('committed');
      await store.commit([put('p/2')]);
      expect((await store.commit([put('x')], { guards })).kind).toBe('refused');
    });

    test('"prefixUnchanged" sees the write of the very next revision', async () => {
      const revision = await revisionOf(store, put('p/1'));
      const guards = [{ kind: 'prefixUnchanged', prefix: 'p/', revision } as const];
      expect((await store.commit([put('p/1')], { guards })).kind).toBe('committed');
      expect((await store.commit([put('x')], { guards })).kind).toBe('refused');
    });

    test('takes more writes than fit into one transaction', async () => {
      const result = await store.commit(many(250));
      expect(result.kind).toBe('committed');
      const { entries } = await store.snapshot(['many/']);
      expect(entries.size).toBe(250);
      const last = entries.get('many/00249');
      expect(result).toEqual({ kind: 'committed', revision: last?.modRevision });
    });

    test('takes more bytes than fit into one transaction', async () => {
      const value = 'x'.repeat(400_000);
      await store.commit(many(5, value));
      const { entries } = await store.snapshot(['many/']);
      expect([...entries.values()].map((entry) => entry.value.length)).toEqual([
        400_000, 400_000, 400_000, 400_000, 400_000,
      ]);
    });

    test('its own writes do not break its own guards in later chunks', async () => {
      const revision = await revisionOf(store, put('epoch', '1'));
      const writes = [put('epoch', '2'), ...many(150)];
      const result = await store.commit(writes, {
        guards: [
          { kind: 'unchanged', key: 'epoch', revision },
          { kind: 'absent', key: 'many/00000' },
          { kind: 'prefixUnchanged', prefix: 'many/', revision },
        ],
      });
      expect(result.kind).toBe('committed');
      expect((await store.snapshot(['many/'])).entries.size).toBe(150);
    });

    test('a key that is written twice ends with the later value', async () => {
      await store.commit([put('a', '1'), put('a', '2'), remove('b'), put('b', '3')]);
      expect((await store.get('a'))?.value).toBe('2');
      expect((await store.get('b'))?.value).toBe('3');
    });

    test('a value beyond the limit is ETCD_INVALID and names the key', async () => {
      const error = await store.commit([put('big', 'x'.repeat(1_100_000))]).catch(String);
      expect(error).toContain('big');
      await expect(store.commit([put('big', 'x'.repeat(1_100_000))])).rejects.toMatchObject({
        code: 'ETCD_INVALID',
      });
    });

    test('a leased put without a session is ETCD_INVALID', async () => {
      await expect(
        store.commit([{ kind: 'put', key: 'a', value: 'v', leased: true }]),
      ).rejects.toMatchObject({ code: 'ETCD_INVALID' });
    });
  });
});
