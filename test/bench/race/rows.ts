import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lab, on } from '../../e2e/support/cluster.js';
import { boxes, PROBE, ten, type Contestant, type RaceFile } from './contestant.js';
import { controlPlane, type ControlPlane, type Usage } from './control-plane.js';
import { lastStart, Observer, type Running } from './observer.js';
import { whenNamed } from './probes.js';

/** What one round of a row has measured: a column of the table → ms (or MiB, or % of a core). */
export type Figures = Readonly<Record<string, number>>;

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly who: readonly Contestant['name'][];
  readonly measure: (contestant: Contestant) => Promise<RowResult>;
}

export interface RowResult {
  readonly figures: Figures;
  /** Times of single instances, for percentiles over all rounds. */
  readonly samples?: Readonly<Record<string, readonly number[]>>;
}

const ALL = ['engine', 'compose', 'swarm', 'nap'] as const;
const CLUSTERS = ['swarm', 'nap'] as const;
const probeText = async (): Promise<string> =>
  readFile(resolve('test/bench/race/probe.py'), 'utf8');

const pauseMs = async (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Works with an observer, and leaves nothing behind. */
async function observed(
  contestant: Contestant,
  work: (observer: Observer) => Promise<RowResult>,
): Promise<RowResult> {
  const observer = await Observer.of(contestant);
  try {
    return await work(observer);
  } finally {
    await observer.close();
    await contestant.clear();
  }
}

const isBox = ({ service }: Running): boolean => service !== PROBE;
const count = (wanted: number) => (running: readonly Running[]) =>
  running.filter(isBox).length === wanted;

/** Applies in the background of the clock: what counts is what runs, not when the command says so. */
async function timed(
  observer: Observer,
  wanted: (running: readonly Running[]) => boolean,
  act: () => Promise<void>,
): Promise<{ startedMs: number; commandMs: number; running: readonly Running[] }> {
  const startedMs = Date.now();
  const command = act().then(() => Date.now() - startedMs);
  const reached = observer.until('containers run', wanted);
  reached.catch(() => undefined);
  const commandMs = await command;
  return { startedMs, commandMs, running: await reached };
}

function applyRow(id: string, replicas: number): Row {
  return {
    id,
    title: `apply of ${replicas} containers → all running`,
    unit: 'ms',
    who: ALL,
    measure: async (contestant) =>
      observed(contestant, async (observer) => {
        const { startedMs, commandMs, running } = await timed(observer, count(replicas), async () =>
          contestant.apply(boxes(replicas)),
        );
        return { figures: { running: lastStart(running) - startedMs, command: commandMs } };
      }),
  };
}

async function withTen(contestant: Contestant, observer: Observer): Promise<RaceFile> {
  const file = ten(await probeText());
  const hosts = await lab.hosts();
  await contestant.apply({
    ...file,
    services: file.services.map((service) => ({ ...service, replicas: 0 })),
  });
  await observer.until(
    'the probes run',
    (all) => all.filter((r) => !isBox(r)).length === hosts.length,
  );
  await pauseMs(2_000);
  return file;
}

const named: Row = {
  id: 'b',
  title: 'apply of 10 services of 3 → resolvable by name in programs on every host',
  unit: 'ms',
  who: CLUSTERS,
  measure: async (contestant) =>
    observed(contestant, async (observer) => {
      const file = await withTen(contestant, observer);
      const { startedMs, running } = await timed(observer, count(30), async () =>
        contestant.apply(file),
      );
      const { allMs, byId } = await whenNamed(running, startedMs);
      const lags = running
        .filter(isBox)
        .map(({ id, startedAtMs }) => (byId.get(id) ?? Number.NaN) - startedAtMs);
      return {
        figures: {
          running: lastStart(running.filter(isBox)) - startedMs,
          named: allMs - startedMs,
        },
        samples: { 'start → named everywhere': lags },
      };
    }),
};

const scaled: Row = {
  id: 'c',
  title: 'scale 3 → 30 → all running',
  unit: 'ms',
  who: ['compose', 'swarm', 'nap'],
  measure: async (contestant) =>
    observed(contestant, async (observer) => {
      await contestant.apply(boxes(3));
      await observer.until('three run', count(3));
      await pauseMs(2_000);
      const { startedMs, running } = await timed(observer, count(30), async () =>
        contestant.scale('box', 30),
      );
      return { figures: { running: lastStart(running) - startedMs } };
    }),
};

const updated: Row = {
  id: 'd',
  title: 'one variable of one of ten services (3 replicas, one at a time) → all new ones running',
  unit: 'ms',
  who: CLUSTERS,
  measure: async (contestant) =>
    observed(contestant, async (observer) => {
      const first: RaceFile = { services: ten('').services };
      await contestant.apply(first);
      const before = await observer.until('all run', count(30));
      await pauseMs(2_000);
      const old = new Set(before.filter(({ service }) => service === 's1').map(({ id }) => id));
      const isNew = (running: readonly Running[]): boolean =>
        count(30)(running) && !running.some(({ id }) => old.has(id));
      const { startedMs, running } = await timed(observer, isNew, async () =>
        contestant.apply({ services: ten('', '2').services }),
      );
      const others = before.filter(({ service }) => service !== 's1').map(({ id }) => id);
      const now = new Set(running.map(({ id }) => id));
      return {
        figures: {
          running: lastStart(running.filter(({ service }) => service === 's1')) - startedMs,
          'others replaced': others.filter((id) => !now.has(id)).length,
        },
      };
    }),
};

const lostHost: Row = {
  id: 'e',
  title:
    'power cut of one of three hosts → all 30 replicas running again, and named on the other two',
  unit: 'ms',
  who: CLUSTERS,
  measure: async (contestant) =>
    observed(contestant, async (observer) => {
      const file = await withTen(contestant, observer);
      await contestant.apply(file);
      const before = await observer.until('all run', count(30));
      await whenNamed(before, 0);
      await pauseMs(2_000 + Math.random() * 2_000); // anywhere between two heartbeats
      const victim = (await lab.hosts()).at(-1) ?? '';
      const lost = before.filter(({ host }) => host === victim).filter(isBox);
      const startedMs = Date.now();
      await lab.kill(victim);
      await observer.lost(victim);
      try {
        const running = await observer.until('all run again', count(30));
        const { allMs, byId } = await whenNamed(running, startedMs);
        const fresh = running.filter(({ startedAtMs }) => startedAtMs > startedMs).filter(isBox);
        return {
          figures: {
            lost: lost.length,
            'first running': Math.min(...fresh.map((each) => each.startedAtMs)) - startedMs,
            running: lastStart(fresh) - startedMs,
            named: allMs - startedMs,
          },
          samples: {
            'cut → running elsewhere': fresh.map((each) => each.startedAtMs - startedMs),
            'cut → named everywhere': fresh.map(
              ({ id }) => (byId.get(id) ?? Number.NaN) - startedMs,
            ),
          },
        };
      } finally {
        await lab.start(victim);
        await contestant.rejoined(victim);
        await pauseMs(3_000);
      }
    }),
};

const IDLE_S = Number(process.env['IDLE_S'] ?? 30);

const idle: Row = {
  id: 'f',
  title: `idle for ${IDLE_S} s with 30 containers: dockerd, containerd and agents of a host; etcd and the daemon`,
  unit: 'MiB, % of a core',
  who: ['engine', 'swarm', 'nap'],
  measure: async (contestant) =>
    observed(contestant, async (observer) => {
      await contestant.apply(boxes(30));
      await observer.until('all run', count(30));
      await pauseMs(10_000);
      const before = await controlPlane();
      await pauseMs(IDLE_S * 1_000);
      const after = await controlPlane();
      const share = (pick: (plane: ControlPlane) => number): number =>
        ((pick(after) - pick(before)) / IDLE_S) * 100;
      const ofHost = (at: number, field: keyof Usage) => (plane: ControlPlane) =>
        (plane.hosts[at]?.engine[field] ?? 0) + (plane.hosts[at]?.agent[field] ?? 0);
      return {
        figures: {
          'first host, MiB': ofHost(0, 'rssMib')(after),
          'first host, %': share(ofHost(0, 'cpuS')),
          'another host, MiB': ofHost(1, 'rssMib')(after),
          'another host, %': share(ofHost(1, 'cpuS')),
          'agent of these, MiB': after.hosts[1]?.agent.rssMib ?? 0,
          'beside the hosts, MiB': after.beside.rssMib,
          'beside the hosts, %': share(({ beside }) => beside.cpuS),
        },
      };
    }),
};

export const ROWS: readonly Row[] = [
  applyRow('a30', 30),
  applyRow('a90', 90),
  named,
  scaled,
  updated,
  lostHost,
  idle,
];

/** Images stand ready on every host: pulling is not what is raced. */
export async function pullImages(): Promise<void> {
  for (const host of await lab.hosts()) {
    for (const image of ['busybox', 'web']) await on(host, 'docker', 'pull', '-q', image);
  }
}
