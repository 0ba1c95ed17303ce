import { NapError } from '@nap/shared';
import type { Passing } from '@nap/shared/testing';
import { HOSTS, OPS, type Action, type Happening, type HostName } from './actions.js';
import type { NetworkLink } from './network.js';
import type { SimHost } from './sim-host.js';
import type { SimOps } from './sim-ops.js';
import type { World } from './world.js';

const STOP_WITHIN_MS = 20_000;
/** A fault of the engine or the agent shows for a while after it is over, in ms. */
const AFTERMATH_MS = 10_000;

type Of<K extends Happening['kind']> = Action & { readonly kind: K };
type Performer<K extends Happening['kind']> = (world: World, action: Of<K>) => void;

const wish = (world: World, action: Parameters<SimOps['run']>[0] & { atMs: number }): void => {
  at(world.ops, action.atMs % world.ops.length).run(action);
};

/** How each kind of action is done, and undone after its time. */
const PERFORMERS: { readonly [K in Happening['kind']]: Performer<K> } = {
  apply: wish,
  scale: wish,
  stop: wish,
  start: wish,
  restart: wish,
  rollback: wish,
  down: wish,
  drain: wish,
  activate: wish,
  pause: wish,
  'host-rm': wish,
  'kill-operators': (world) => {
    for (const ops of world.ops) ops.killCommands();
  },
  'kill-agent': (world, { host: name, forMs }) => {
    const host = disturbed(world, name, forMs);
    host.killAgent();
    world.clock.after(forMs, () => {
      host.startAgent();
    });
  },
  'stop-agent': (world, { host: name, forMs }) => {
    const host = disturbed(world, name, STOP_WITHIN_MS + forMs);
    host.stopAgent(STOP_WITHIN_MS);
    world.clock.after(STOP_WITHIN_MS + forMs, () => {
      host.startAgent();
    });
  },
  'freeze-agent': (world, { host: name, forMs }) => {
    const { process } = disturbed(world, name, forMs);
    process?.freeze();
    world.clock.after(forMs, () => {
      process?.thaw();
    });
  },
  'power-cut': (world, { host: name, forMs }) => {
    const host = disturbed(world, name, forMs);
    host.powerOff();
    world.clock.after(forMs, () => {
      host.powerOn();
    });
  },
  'restart-engine': (world, { host: name, how, forMs }) => {
    const host = disturbed(world, name, forMs);
    host.haltEngine(how);
    world.clock.after(forMs, () => {
      host.bootEngine();
    });
  },
  'kill-daemon': (world, { ops: name, forMs }) => {
    const ops = opsOf(world, name);
    ops.daemon?.kill();
    world.clock.after(forMs, () => {
      ops.startDaemon();
    });
  },
  'freeze-daemon': (world, { ops: name, forMs }) => {
    const { daemon } = opsOf(world, name);
    daemon?.freeze();
    world.clock.after(forMs, () => {
      daemon?.thaw();
    });
  },
  cut: (world, { machine, there, back, forMs }) => {
    cut(world, [world.network.link(machine)], { there, back, forMs });
  },
  'etcd-away': (world, { how, forMs }) => {
    cut(world, world.network.all, { there: how, back: how, forMs });
  },
  'restart-etcd': (world, { forMs }) => {
    const { etcd, all } = world.network;
    etcd.halt();
    for (const link of all) link.reset();
    cut(world, all, { there: 'drop', back: 'drop', forMs });
    world.clock.after(forMs, () => {
      etcd.boot();
    });
  },
  'restore-etcd': (world, { agoMs }) => {
    world.restoreEtcd(agoMs);
    for (const link of world.network.all) link.reset();
  },
  reset: (world, { machine }) => {
    world.network.link(machine).reset();
  },
  compact: (world) => {
    world.network.watches.compact();
  },
  'slow-docker': (world, { host: name, call, ms, forMs }) => {
    const host = disturbed(world, name, forMs);
    host.engine.slow(call, ms);
    world.clock.after(forMs, () => {
      host.normal();
    });
  },
  'fail-docker': (world, { host: name, call, code, isDone }) => {
    const host = disturbed(world, name, 0);
    if (isDone) host.lostAnswers.add(call);
    else host.engine.failNext(call, new NapError(code, 'a fault of the simulation'));
  },
  'set-clock': (world, { host, byMs }) => {
    hostOf(world, host).setClock(byMs);
  },
  'end-program': (world, action) => {
    meddle(world, action, ({ engine }, { name }) => {
      engine.exit(name, action.code);
    });
  },
  'stop-container': (world, action) => {
    meddle(world, action, ({ engine }, { id }) => engine.stop(id));
  },
  'remove-container': (world, action) => {
    meddle(world, action, ({ engine }, { id }) => engine.remove(id));
  },
};

export function perform(world: World, action: Action): void {
  // The table has the performer of each kind under that kind.
  const performer = PERFORMERS[action.kind] as Performer<Happening['kind']>;
  performer(world, action);
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no number ${index}`);
  return found;
}

const hostOf = (world: World, name: HostName): SimHost => at(world.hosts, HOSTS.indexOf(name));
const opsOf = (world: World, name: SimOps['name']): SimOps => at(world.ops, OPS.indexOf(name));

function disturbed(world: World, name: HostName, forMs: number): SimHost {
  const host = hostOf(world, name);
  host.impairedFor(forMs + AFTERMATH_MS);
  return host;
}

function cut(
  { clock }: World,
  links: readonly NetworkLink[],
  how: { readonly there: Passing; readonly back: Passing; readonly forMs: number },
): void {
  for (const link of links) link.set(how.there, how.back);
  clock.after(how.forMs, () => {
    for (const link of links) link.set('pass', 'pass');
  });
}

/** Somebody works on the machine, or a program ends. */
function meddle(
  world: World,
  { kind, host: name, nth }: Of<'end-program' | 'stop-container' | 'remove-container'>,
  work: (
    host: SimHost,
    container: { readonly id: string; readonly name: string },
  ) => Promise<void> | void,
): void {
  const host = hostOf(world, name);
  const running = host.engine.observed.filter(({ run }) => run.state === 'running');
  const container = running[nth % Math.max(1, running.length)];
  if (container === undefined || !host.isEngineUp) return;
  world.trace.add(world.clock.monotonicMs(), name, `${kind} ${container.name}`);
  // An engine that goes down meanwhile is an answer as good as any.
  void Promise.resolve(work(host, container)).catch(() => undefined);
}
