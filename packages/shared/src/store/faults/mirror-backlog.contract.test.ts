import { jest } from '@jest/globals';
import { systemClock } from '../../runtime/clock.js';
import { silentLog } from '../../runtime/log.js';
import { type EtcdCluster, eventually, put, startEtcd, TcpProxy } from '../../testing/index.js';
import { Calls } from '../calls.js';
import { connect } from '../connect.js';
import { openStore } from '../etcd-store.js';
import { EtcdRpc, type Listing } from '../etcd-rpc.js';
import { KeySpace } from '../key-range.js';
import { Links } from '../links.js';
import { EtcdMirror } from '../mirror.js';
import type { Store } from '../store.js';
import { Patience } from '../patience.js';
import { Tokens } from '../tokens.js';

const ROOT = '/backlog/';
/** More than two of the batches of 1,000 revisions in which etcd lets a watch catch up. */
const REVISIONS = 2_500;
/** One batch is larger than the 4 MB to which gRPC limits a message by default. */
const VALUE_BYTES = 5_000;

/** Lists the truth except for the first time: then it returns a listing from the past, so that the watch has to catch up. */
class LateRpc extends EtcdRpc {
  past: Listing | undefined;
  lists = 0;

  override async list(...args: Parameters<EtcdRpc['list']>): Promise<Listing> {
    this.lists += 1;
    const { past } = this;
    this.past = undefined;
    return past ?? super.list(...args);
  }
}

describe('a mirror that is far behind', () => {
  jest.setTimeout(120_000);
  let cluster: EtcdCluster;
  let proxy: TcpProxy;
  let writer: Store;
  let past: Listing;
  let links: Links;
  let rpc: LateRpc;
  let mirror: EtcdMirror | undefined;

  function lateRpc(endpoint: string): { rpc: LateRpc; links: Links; tokens: Tokens } {
    const tokens = new Tokens(undefined);
    const dial = new Links([endpoint], (target) => connect(target, {}, tokens));
    const patience = new Patience({ clock: systemClock, endpoints: 1 });
    const limits = { clock: systemClock, random: Math.random, timeoutMs: 10_000, patience };
    return {
      rpc: new LateRpc(new Calls(dial, tokens, limits), new KeySpace(ROOT), systemClock),
      links: dial,
      tokens,
    };
  }

  function follow(): EtcdMirror {
    mirror = new EtcdMirror('m/', {
      rpc,
      links,
      tokens: new Tokens(undefined),
      keySpace: new KeySpace(ROOT),
      clock: systemClock,
      random: Math.random,
      timeoutMs: 10_000,
      patience: new Patience({ clock: systemClock, endpoints: 1 }),
      log: silentLog,
      onClosed: () => undefined,
    });
    return mirror;
  }

  beforeAll(async () => {
    cluster = await startEtcd();
    proxy = await TcpProxy.open(cluster.first.port);
    writer = openStore({ endpoints: cluster.endpoints, root: ROOT });
    await writer.commit([put('m/first')]);
    const direct = lateRpc(cluster.first.endpoint);
    past = await direct.rpc.list(['m/']);
    direct.links.close();
    const value = 'x'.repeat(VALUE_BYTES);
    for (let done = 0; done < REVISIONS; done += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => writer.commit([put(`m/${done + index}`, value)])),
      );
    }
  });
  beforeEach(() => {
    ({ rpc, links } = lateRpc(proxy.endpoint));
    rpc.past = { ...past, askedAtMs: systemClock.monotonicMs() };
  });
  afterEach(async () => {
    await mirror?.close();
    links.close();
  });
  afterAll(async () => {
    await writer.close();
    await proxy.close();
    await cluster.close();
  });

  test('takes a backlog of more than 4 MB in whole', async () => {
    const late = follow();
    await eventually(() => late.entries.size === REVISIONS + 1, 30_000, 'the whole backlog');
    expect(rpc.lists).toBe(1);
  });

  test('loses nothing when it is cut between the batches of a backlog', async () => {
    const late = follow();
    const sizes: number[] = [];
    late.onChange(() => {
      sizes.push(late.entries.size);
      if (late.entries.size > 1 && rpc.lists === 1) proxy.cut();
    });
    await eventually(() => late.entries.size === REVISIONS + 1, 30_000, 'the whole backlog');
    expect(rpc.lists).toBeGreaterThan(1);
    expect(sizes.some((size) => size > 1 && size < REVISIONS + 1)).toBe(true);
  });

  test('loses nothing when it is cut in the middle of a batch', async () => {
    const late = follow();
    await eventually(() => late.isFresh, 10_000);
    proxy.cutAfterAnswerBytes(1_000_000);
    await eventually(() => late.entries.size === REVISIONS + 1, 30_000, 'the whole backlog');
  });

  test('lists again when its place in history has been compacted', async () => {
    const { revision } = await writer.snapshot(['m/first']);
    await cluster.ctl(['compact', revision.toString()]);
    const late = follow();
    await eventually(() => late.entries.size === REVISIONS + 1, 30_000, 'the whole content');
    expect(rpc.lists).toBeGreaterThan(1);
    await eventually(() => late.isFresh, 10_000);
  });
});
