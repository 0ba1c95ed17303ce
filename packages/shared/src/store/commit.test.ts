import { NapError } from '../errors/nap-error.js';
import { ManualClock } from '../testing/manual-clock.js';
import { MemoryEtcd } from '../testing/memory-etcd.js';
import { many, put, remove } from '../testing/store-writes.js';
import { type Chunk, commitWrites, type TxnPort } from './commit.js';
import type { Guard, Write } from './store.js';

/** What becomes of one transaction that is sent. */
type Fate =
  | 'answered'
  | 'appliedAnswerLost'
  | 'lost'
  /** Applied only after the next read: a request that lay in a frozen member. */
  | 'appliedLate';

describe('commit', () => {
  let etcd: MemoryEtcd;
  let fates: Fate[];
  let sent: Chunk[];
  let late: (() => void)[];
  let beforeRead: () => void;
  let port: TxnPort;

  beforeEach(() => {
    etcd = new MemoryEtcd(new ManualClock());
    fates = [];
    sent = [];
    late = [];
    beforeRead = () => undefined;
    port = {
      transact: (chunk) => {
        sent.push(chunk);
        const fate = fates.shift() ?? 'answered';
        if (fate === 'answered') return Promise.resolve(etcd.transact(chunk));
        if (fate === 'appliedAnswerLost') etcd.transact(chunk);
        if (fate === 'appliedLate') late.push(() => etcd.transact(chunk));
        return Promise.reject(new NapError('ETCD_AMBIGUOUS', 'no answer'));
      },
      read: (keys) => {
        beforeRead();
        const snapshot = etcd.list(keys);
        for (const apply of late.splice(0)) apply();
        return Promise.resolve(snapshot);
      },
      seenRevision: () => etcd.revision,
    };
  });

  const write = (...writes: Write[]): bigint =>
    etcd.transact({ writes, guards: [], leaseId: undefined }).revision;
  const valueOf = (key: string): string | undefined => etcd.list([key]).entries.get(key)?.value;

  test('a chunk that is refused leaves the chunks before it', async () => {
    const fence = write(put('leader'));
    const transact = port.transact.bind(port);
    port.transact = (chunk) => {
      if (sent.length === 1) write(remove('leader'));
      return transact(chunk);
    };
    const guards: Guard[] = [{ kind: 'createdAt', key: 'leader', revision: fence }];
    expect(await commitWrites(port, many(250), { guards })).toEqual({ kind: 'refused' });
    expect(etcd.list(['many/']).entries.size).toBe(100);
    expect(sent).toHaveLength(2);
  });

  test('an answer that was lost after the write is found by reading back', async () => {
    fates = ['appliedAnswerLost'];
    const result = await commitWrites(port, [put('a'), put('b'), remove('c')]);
    expect(result).toEqual({ kind: 'committed', revision: etcd.revision });
    expect(sent).toHaveLength(1);
  });

  test('rewriting the same value is told from the value that was there before', async () => {
    write(put('a', 'same'));
    fates = ['lost'];
    await expect(commitWrites(port, [put('a', 'same')])).rejects.toMatchObject({
      code: 'ETCD_AMBIGUOUS',
    });
  });

  test('a write without a guard of its own is not sent twice', async () => {
    fates = ['lost'];
    await expect(commitWrites(port, [put('a')])).rejects.toMatchObject({ code: 'ETCD_AMBIGUOUS' });
    expect(sent).toHaveLength(1);
  });

  test('a self-fenced write that was not applied is sent again', async () => {
    fates = ['lost', 'lost'];
    const guards: Guard[] = [{ kind: 'absent', key: 'a' }];
    expect((await commitWrites(port, [put('a')], { guards })).kind).toBe('committed');
    expect(sent).toHaveLength(3);
    expect(valueOf('a')).toBe('v');
  });

  test('a self-fenced write that never gets through is ambiguous in the end', async () => {
    fates = ['lost', 'lost', 'lost', 'lost'];
    const guards: Guard[] = [{ kind: 'absent', key: 'a' }];
    await expect(commitWrites(port, [put('a')], { guards })).rejects.toMatchObject({
      code: 'ETCD_AMBIGUOUS',
    });
    expect(sent).toHaveLength(3);
  });

  test('a copy that arrives late is recognised when the second one is refused by it', async () => {
    fates = ['appliedLate'];
    const revision = write(put('epoch', '1'));
    const guards: Guard[] = [{ kind: 'unchanged', key: 'epoch', revision }];
    const result = await commitWrites(port, [put('epoch', '2'), put('a')], { guards });
    expect(result).toEqual({ kind: 'committed', revision: revision + 1n });
    expect(sent).toHaveLength(2);
    expect(etcd.revision).toBe(revision + 1n);
  });

  test('a fence that has fallen in between means refused', async () => {
    const revision = write(put('leader'));
    fates = ['lost'];
    beforeRead = () => {
      write(remove('leader'));
      write(put('leader', 'another'));
    };
    const guards: Guard[] = [{ kind: 'createdAt', key: 'leader', revision }];
    expect(await commitWrites(port, [put('a')], { guards })).toEqual({ kind: 'refused' });
  });

  test('a write that was applied and half overwritten is ambiguous', async () => {
    fates = ['appliedAnswerLost'];
    beforeRead = () => {
      write(put('b', 'theirs'));
    };
    await expect(commitWrites(port, [put('a'), put('b')])).rejects.toMatchObject({
      code: 'ETCD_AMBIGUOUS',
    });
  });

  test('is ambiguous when reading back fails', async () => {
    fates = ['appliedAnswerLost'];
    beforeRead = () => {
      throw new NapError('ETCD_UNAVAILABLE', 'gone');
    };
    await expect(commitWrites(port, [put('a')])).rejects.toMatchObject({ code: 'ETCD_AMBIGUOUS' });
  });

  test('a deletion counts as done when the keys are gone and the guards hold', async () => {
    const fence = write(put('leader'));
    write(put('a'));
    fates = ['appliedAnswerLost'];
    const guards: Guard[] = [{ kind: 'createdAt', key: 'leader', revision: fence }];
    expect((await commitWrites(port, [remove('a')], { guards })).kind).toBe('committed');
  });

  test('a deletion under a fallen fence does not count as done', async () => {
    const fence = write(put('leader'));
    fates = ['lost'];
    beforeRead = () => {
      write(remove('leader'));
    };
    const guards: Guard[] = [{ kind: 'createdAt', key: 'leader', revision: fence }];
    expect(await commitWrites(port, [remove('a')], { guards })).toEqual({ kind: 'refused' });
  });

  test('other failures pass through, and nothing is read back', async () => {
    port.transact = () => Promise.reject(new NapError('ETCD_NO_SPACE', 'full'));
    beforeRead = () => {
      throw new Error('read back');
    };
    await expect(commitWrites(port, [put('a')])).rejects.toMatchObject({ code: 'ETCD_NO_SPACE' });
  });
});
