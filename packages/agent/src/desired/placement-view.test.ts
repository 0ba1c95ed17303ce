import {
  hostId,
  instanceId,
  keys,
  placementCodec,
  placementHeaderCodec,
  type Placement,
} from '@nap/shared';
import { silentLog, type Log } from '@nap/shared/runtime';
import { ManualClock, MemoryEtcd, MemoryStore, settle } from '@nap/shared/testing';
import { aPlacement, CLUSTER, HOST } from '../testing/builders.js';
import type { DesiredCache } from '../state/agent-state.js';
import { PlacementView } from './placement-view.js';
import type { StoreHistory } from './store-history.js';

const web = aPlacement('shop.web.1');
const db = aPlacement('shop.db.1');
const changed = aPlacement('shop.web.1', {}, { environment: { A: '2' } });
const NEWER = '{"v":99,"of":"a newer nap"}';
const UNREADABLE = [
  ['not JSON', 'half a li'],
  ['of a newer nap', NEWER],
  ['not a placement', '{"v":1,"instance":"shop.web.1"}'],
] as const;

class Bench {
  readonly etcd = new MemoryEtcd(new ManualClock());
  readonly operator = new MemoryStore({ etcd: this.etcd });
  readonly store = new MemoryStore({ etcd: this.etcd });
  readonly errors: string[] = [];
  private readonly log: Log = { ...silentLog, error: (message) => this.errors.push(message) };
  readonly view: PlacementView;

  constructor(cache?: DesiredCache, history?: StoreHistory) {
    this.view = new PlacementView(
      HOST,
      this.store.mirror(keys.hostPlacements(HOST)),
      { cache, history },
      this.log,
    );
  }

  async put(key: string, value: string): Promise<void> {
    await this.operator.commit([{ kind: 'put', key, value }]);
    await settle();
  }

  async head(): Promise<void> {
    await this.put(keys.placementHeader(HOST), placementHeaderCodec.encode({ cluster: CLUSTER }));
  }

  async place(placement: Placement): Promise<void> {
    await this.put(keys.placement(HOST, placement.instance), placementCodec.encode(placement));
  }

  async scribble(placement: Placement, value: string): Promise<void> {
    await this.put(keys.placement(HOST, placement.instance), value);
  }

  async remove(key: string): Promise<void> {
    await this.operator.commit([{ kind: 'delete', key }]);
    await settle();
  }

  placed(): readonly Placement[] {
    return [...this.view.current().placements.values()];
  }
}

describe('the placements of a host', () => {
  it('are what stands in etcd, under its header', async () => {
    const bench = new Bench();
    expect(bench.view.current()).toMatchObject({ isFresh: false, cluster: undefined });
    await bench.head();
    await bench.place(web);
    expect(bench.placed()).toEqual([web]);
    expect(bench.view.current()).toMatchObject({ isFresh: true, cluster: CLUSTER });
    await bench.remove(keys.placement(HOST, web.instance));
    expect(bench.placed()).toEqual([]);
  });

  it('are the last known ones until etcd was read', () => {
    const bench = new Bench({ cluster: CLUSTER, placements: [web] });
    expect(bench.placed()).toEqual([web]);
    expect(bench.view.current()).toMatchObject({ isFresh: false, cluster: CLUSTER });
  });

  it('are not those of another host that this one was, and are gone with the first word of etcd', async () => {
    const other = aPlacement('shop.web.1', { host: hostId('former') });
    const bench = new Bench({ cluster: CLUSTER, placements: [other] });
    expect(bench.view.current()).toMatchObject({
      ...{ placements: new Map(), cluster: undefined, isFresh: false },
      former: new Map([[other.instance, other]]),
    });
    expect(bench.view.toCache()).toBeUndefined();
    await bench.head();
    expect(bench.view.current()).toMatchObject({ isFresh: true, cluster: CLUSTER });
    expect(bench.view.current().former).toBeUndefined();
  });

  it('say when etcd has no header for them', async () => {
    const bench = new Bench();
    expect(bench.view.isHeaderMissing).toBe(false);
    await settle();
    expect(bench.view.isHeaderMissing).toBe(true);
    await bench.head();
    expect(bench.view.isHeaderMissing).toBe(false);
  });

  it('are the last known ones when the header is gone, and prove nothing', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.place(web);
    expect(bench.placed()).toEqual([web]);
    bench.etcd.wipe();
    await settle();
    expect(bench.placed()).toEqual([web]);
    expect(bench.view.current()).toMatchObject({ isFresh: false, cluster: CLUSTER });
    expect(bench.errors).toHaveLength(1);
  });

  it('are the last known ones when the header cannot be read', async () => {
    const bench = new Bench({ cluster: CLUSTER, placements: [web] });
    await bench.put(keys.placementHeader(HOST), NEWER);
    expect(bench.placed()).toEqual([web]);
    expect(bench.view.current().isFresh).toBe(false);
  });

  it('are not fresh while etcd is away, and kept', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.place(web);
    expect(bench.view.current().isFresh).toBe(true);
    bench.store.disconnect();
    expect(bench.placed()).toEqual([web]);
    expect(bench.view.current().isFresh).toBe(false);
  });

  it('decode only what has changed', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.place(web);
    const before = bench.view.current().placements.get(web.instance);
    await bench.place(db);
    expect(bench.view.current().placements.get(web.instance)).toBe(before);
    expect(bench.view.current().placements.size).toBe(2);
  });

  it('tell when each was last written', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.place(web);
    const first = bench.view.revisionOf(web.instance);
    await bench.place(changed);
    expect(bench.view.revisionOf(web.instance)).toBeGreaterThan(Number(first));
    expect(bench.view.revisionOf(instanceId('shop.none.1'))).toBeUndefined();
  });
});

describe.each(UNREADABLE)('a placement that is %s', (_what, value) => {
  it('stands for the last known one', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.place(web);
    await bench.place(db);
    expect(bench.placed()).toHaveLength(2);
    await bench.scribble(web, value);
    expect(bench.placed()).toEqual(expect.arrayContaining([web, db]));
    expect(bench.view.current().unreadable).toEqual(new Set());
    expect(bench.view.toCache()?.placements).toEqual(expect.arrayContaining([web, db]));
  });

  it('is neither known nor gone when it never could be read; the others count', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.scribble(web, value);
    await bench.place(db);
    expect(bench.placed()).toEqual([db]);
    expect(bench.view.current()).toMatchObject({
      unreadable: new Set([web.instance]),
      isFresh: true,
    });
    expect(bench.view.toCache()).toEqual({ cluster: CLUSTER, placements: [db] });
  });

  it('is told of once, not at every look', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.scribble(web, value);
    bench.view.current();
    await bench.place(db);
    bench.view.current();
    expect(bench.errors).toEqual([expect.stringContaining('cannot read a placement')]);
  });

  it('counts again when it can be read, and is gone when it is deleted', async () => {
    const bench = new Bench();
    await bench.head();
    await bench.scribble(web, value);
    expect(bench.view.current().unreadable.size).toBe(1);
    await bench.place(changed);
    expect(bench.placed()).toEqual([changed]);
    expect(bench.view.current().unreadable).toEqual(new Set());
    await bench.scribble(web, value);
    await bench.remove(keys.placement(HOST, web.instance));
    expect(bench.placed()).toEqual([]);
    expect(bench.view.current().unreadable).toEqual(new Set());
  });
});
