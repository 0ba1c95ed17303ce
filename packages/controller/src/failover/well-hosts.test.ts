import { hostId, keys, NapError, type HostId } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { STORE_LIMITS, type Store } from '@nap/shared/store';
import { ManualClock, settle } from '@nap/shared/testing';
import { WellHosts } from './well-hosts.js';

const a = hostId('host-a');
const b = hostId('host-b');
const TTL_MS = 10_000;
const { signal } = new AbortController();

type Leases = Store['leases'];

/** etcd answers of each host how much is left of its lease, in ms; of the others that there is none. */
const answering =
  (leftMs: Readonly<Record<HostId, number>>): Leases =>
  () => {
    const lives = Object.entries(leftMs).map(
      ([host, ms]) => [keys.hostSession(hostId(host)), { leftMs: ms, ttlMs: TTL_MS }] as const,
    );
    return Promise.resolve(new Map(lives));
  };

function bed() {
  const clock = new ManualClock();
  const store = { leases: answering({}) };
  const hosts = new WellHosts({
    ...{ clock, log: silentLog, withinMs: 1_500 },
    store: { leases: (asked, within) => store.leases(asked, within) },
  });
  const ask = (asked: readonly HostId[], within = signal): Promise<void> =>
    hosts.ask(asked, TTL_MS, within);
  return { clock, store, hosts, ask };
}

it('only a host whose lease was renewed lately is well', async () => {
  const { store, hosts, ask } = bed();
  store.leases = answering({ [a]: 9_500, [b]: 1_000 });
  await ask([a, b, hostId('host-c')]);
  expect([...hosts.atMs.keys()]).toEqual([a]);
});

it('a host was well when etcd was asked, however late it answered', async () => {
  const { clock, store, hosts, ask } = bed();
  await clock.advance(5_000);
  store.leases = async (asked) => {
    await clock.sleep(1_000);
    return answering({ [a]: 9_500 })(asked);
  };
  const asking = ask([a]);
  await clock.advance(1_000);
  await asking;
  expect([...hosts.atMs]).toEqual([[a, 5_000]]);
});

it('a host that does not prove it again was well when it last did', async () => {
  const { clock, store, hosts, ask } = bed();
  store.leases = answering({ [a]: 9_500, [b]: 9_500 });
  await ask([a, b]);
  await clock.advance(3_000);
  store.leases = answering({ [a]: 1_000, [b]: 9_500 });
  await ask([a, b]);
  expect([...hosts.atMs]).toEqual([
    [a, 0],
    [b, 3_000],
  ]);
});

it('no answer in time proves nothing, and is no failure', async () => {
  const { clock, store, hosts, ask } = bed();
  store.leases = (_asked, within) =>
    new Promise((_, reject) => {
      within?.addEventListener('abort', () => {
        reject(within.reason as Error);
      });
    });
  let isOver = false;
  const asking = ask([a]).then(() => {
    isOver = true;
  });
  await clock.advance(1_499);
  expect(isOver).toBe(false);
  await clock.advance(1);
  await asking;
  expect(hosts.atMs.size).toBe(0);
});

it('an etcd that is away proves nothing, and is no failure', async () => {
  const { store, hosts, ask } = bed();
  store.leases = answering({ [a]: 9_500 });
  await ask([a]);
  store.leases = () => Promise.reject(new NapError('ETCD_UNAVAILABLE', 'away'));
  await ask([a, b]);
  expect([...hosts.atMs]).toEqual([[a, 0]]);
});

it('who ends meanwhile, and what is a bug, is heard of', async () => {
  const { store, ask } = bed();
  store.leases = () => Promise.reject(new TypeError('a bug'));
  await expect(ask([a])).rejects.toThrow('a bug');
  const ending = new AbortController();
  store.leases = async () => {
    await settle();
    throw new NapError('ETCD_UNAVAILABLE', 'away');
  };
  const asking = ask([a], ending.signal);
  ending.abort(new NapError('INTERRUPTED', 'ends'));
  await expect(asking).rejects.toBeInstanceOf(NapError);
});

it('asks of as many hosts as etcd tells at once, and of more not at all', async () => {
  const { store, hosts, ask } = bed();
  let calls = 0;
  store.leases = (asked) => {
    calls += 1;
    return answering({ [a]: 9_500 })(asked);
  };
  const most = Array.from({ length: STORE_LIMITS.inspectedLeases }, (_, at) => hostId(`h${at}`));
  await ask([...most, a]);
  expect([calls, hosts.atMs.size]).toEqual([0, 0]);
  await ask([...most.slice(1), a]);
  expect([calls, hosts.atMs.size]).toEqual([1, 1]);
});

it('who takes over knows of no host that it is well', async () => {
  const { store, hosts, ask } = bed();
  store.leases = answering({ [a]: 9_500 });
  await ask([a]);
  hosts.forget();
  expect(hosts.atMs.size).toBe(0);
});
