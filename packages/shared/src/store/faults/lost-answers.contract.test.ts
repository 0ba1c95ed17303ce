import { jest } from '@jest/globals';
import { isNapError } from '../../errors/nap-error.js';
import { type EtcdCluster, eventually, put, startEtcd, TcpProxy } from '../../testing/index.js';
import { openStore } from '../etcd-store.js';
import type { CommitResult, Store } from '../store.js';

describe('a write whose answer does not come', () => {
  jest.setTimeout(60_000);
  let cluster: EtcdCluster;
  let proxy: TcpProxy;
  let store: Store;
  let direct: Store;

  beforeEach(async () => {
    cluster = await startEtcd();
    proxy = await TcpProxy.open(cluster.first.port);
    store = openStore({ endpoints: [proxy.endpoint], root: '/lost/' });
    direct = openStore({ endpoints: cluster.endpoints, root: '/lost/' });
    await store.commit([put('warm')]);
  });
  afterEach(async () => {
    proxy.release();
    await store.close();
    await direct.close();
    await proxy.close();
    await cluster.close();
  });

  /** The request reaches etcd, the answer dies with the connection. */
  async function loseAnswer(commit: Promise<CommitResult>, key: string): Promise<CommitResult> {
    commit.catch(() => undefined);
    await eventually(async () => (await direct.get(key)) !== undefined, 10_000, 'the write');
    proxy.release();
    proxy.cut();
    return commit;
  }

  test('is known to have happened, at its revision, and happens once', async () => {
    proxy.holdAnswers();
    const result = await loseAnswer(store.commit([put('a', '1'), put('b', '2')]), 'a');
    const entry = await direct.get('a');
    expect(result).toEqual({ kind: 'committed', revision: entry?.modRevision });
    expect(entry?.modRevision).toBe(entry?.createRevision);
  });

  test('is told from a refusal when it created the key that it guards against', async () => {
    proxy.holdAnswers();
    const guards = [{ kind: 'absent', key: 'a' } as const];
    const result = await loseAnswer(store.commit([put('a')], { guards }), 'a');
    expect(result.kind).toBe('committed');
    expect((await store.commit([put('a')], { guards })).kind).toBe('refused');
  });

  test('is written once although the request was held up and sent again', async () => {
    proxy.hold();
    const guards = [{ kind: 'absent', key: 'a' } as const];
    const committing = store.commit([put('a')], { guards }).catch((err: unknown) => err);
    await eventually(() => proxy.connectionCount >= 2, 20_000, 'a second attempt');
    proxy.release();
    const result = await committing;
    // Either it was settled in time, or the doubt is named; and it happened at most once in any case.
    const isKnown = !isNapError(result, 'ETCD_AMBIGUOUS');
    if (isKnown) expect(result).toMatchObject({ kind: 'committed' });
    await eventually(async () => (await direct.get('a')) !== undefined || !isKnown, 10_000);
    const entry = await direct.get('a');
    expect(entry?.modRevision).toBe(entry?.createRevision);
  });

  test('is in doubt when nothing can be read back', async () => {
    proxy.holdAnswers();
    const committing = store.commit([put('a')]);
    committing.catch(() => undefined);
    await eventually(async () => (await direct.get('a')) !== undefined, 10_000);
    proxy.refuse();
    await expect(committing).rejects.toMatchObject({ code: 'ETCD_AMBIGUOUS' });
  });

  test('was provably not sent when nobody listens, and is ETCD_UNAVAILABLE then', async () => {
    await cluster.first.kill();
    proxy.cut();
    const nobody = openStore({ endpoints: cluster.endpoints, root: '/lost/' });
    await expect(nobody.commit([put('a')])).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
    await nobody.close();
  });
});
