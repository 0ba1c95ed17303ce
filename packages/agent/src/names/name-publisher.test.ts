import {
  hostId,
  keys,
  nameRecordCodec,
  projectName,
  type InstanceId,
  type NameRecord,
} from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import type { Mirror } from '@nap/shared/store';
import { ManualClock, MemoryStore } from '@nap/shared/testing';
import { aRecord, HOST } from '../testing/builders.js';
import { NameMirrors } from './name-mirrors.js';
import { NamePublisher } from './name-publisher.js';

const shop = projectName('shop');
const mine = aRecord('shop.web.1', { host: HOST });
const theirs = aRecord('shop.web.1', { host: hostId('other') });

/** Says what a test wants it to say. */
class SaidMirror implements Mirror {
  readonly prefix = keys.projectNames(shop);
  readonly problem = undefined;
  entries: Mirror['entries'] = new Map();
  revision = 0n;
  isFresh = false;
  readonly onChange = () => () => undefined;
  readonly whenFresh = () => Promise.resolve();
  readonly close = () => Promise.resolve();
}

/** A store whose mirror says what a test wants it to say; commits are real. */
class Bed {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore({ clock: this.clock });
  readonly local = new Map<InstanceId, NameRecord>();
  readonly mirrors: NameMirrors;
  readonly publisher: NamePublisher;
  readonly mirror = new SaidMirror();

  constructor(cache: readonly NameRecord[] = []) {
    const { clock, store, local } = this;
    this.mirrors = new NameMirrors({
      store: { mirror: () => this.mirror },
      host: HOST,
      ...{ cache, clock },
      leaseTtlMs: 10_000,
      log: silentLog,
      onChange: () => undefined,
      isTrusted: () => true,
    });
    this.publisher = new NamePublisher({
      host: HOST,
      store,
      placements: {
        current: () => ({
          placements: new Map(),
          unreadable: new Set(),
          doubted: new Set(),
          cluster: undefined,
          isFresh: true,
        }),
        revisionOf: () => 2n,
      },
      mirrors: this.mirrors,
      session: () => this.session,
      local: () => local,
      log: silentLog,
    });
  }

  session: Awaited<ReturnType<MemoryStore['session']>> | undefined;

  async open(): Promise<void> {
    await this.store.commit([
      { kind: 'put', key: keys.placement(HOST, mine.instance), value: 'placed' },
    ]);
    this.session = await this.store.session({ ttlS: 10 });
    this.mirrors.follow(new Set([shop]));
  }

  /** The mirror reads the store as it is now. */
  async look(isFresh = true): Promise<void> {
    const { entries, revision } = await this.store.snapshot([keys.projectNames(shop)]);
    Object.assign(this.mirror, { entries, revision, isFresh });
  }

  async record(): Promise<string | undefined> {
    return (await this.store.get(keys.name(mine.instance)))?.value;
  }
}

it('never deletes the record of the host that has the instance now, whatever was remembered', async () => {
  const bed = new Bed([mine]);
  await bed.open();
  const value = nameRecordCodec.encode(theirs);
  await bed.store.commit([{ kind: 'put', key: keys.name(mine.instance), value }]);
  // Listed already, and not yet known to be current: the records are still those of the cache.
  await bed.look(false);
  await bed.publisher.flush();
  expect(await bed.record()).toBe(value);
});

it('deletes its own record of an instance that does not run here any more', async () => {
  const bed = new Bed([mine]);
  await bed.open();
  const value = nameRecordCodec.encode(mine);
  await bed.store.commit([{ kind: 'put', key: keys.name(mine.instance), value }]);
  await bed.look();
  await bed.publisher.flush();
  expect(await bed.record()).toBeUndefined();
});

it('puts its record again when somebody has deleted it', async () => {
  const bed = new Bed();
  await bed.open();
  bed.local.set(mine.instance, mine);
  await bed.look();
  await bed.publisher.flush();
  expect(await bed.record()).toBe(nameRecordCodec.encode(mine));
  await bed.store.commit([{ kind: 'delete', key: keys.name(mine.instance) }]);
  await bed.look();
  await bed.publisher.flush();
  expect(await bed.record()).toBe(nameRecordCodec.encode(mine));
});

it('waits for its own write to come back before it misses it', async () => {
  const bed = new Bed();
  await bed.open();
  bed.local.set(mine.instance, mine);
  await bed.look();
  await bed.publisher.flush();
  const { etcd } = bed.store;
  const before = etcd.revision;
  await bed.publisher.flush();
  expect(etcd.revision).toBe(before);
});
