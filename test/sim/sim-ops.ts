import {
  hostId,
  isNapError,
  NapError,
  projectName,
  type Project,
  type ProjectName,
} from '@nap/shared';
import { silentLog, type Component } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { ManualClock } from '@nap/shared/testing';
import {
  changePolicy,
  chosenServices,
  commitAsLeader,
  commitStoredAsLeader,
  createFailover,
  DEFAULT_LOSS_POLICY,
  forgetHost,
  indexesOf,
  planDown,
  planForget,
  planProject,
  readView,
  rollbackTarget,
  selectProjects,
  waitConverged,
  withDependencies,
  withRestarts,
  withScale,
  withStarted,
  withStopped,
  type ClusterView,
  type CommandContext,
  type Plan,
  noStreams,
} from '@nap/controller/testing';
import type { Happening, OpsName } from './actions.js';
import type { Network, NetworkLink } from './network.js';
import { projectOf } from './projects.js';
import { SimProcess } from './sim-process.js';
import type { Trace } from './trace.js';

export type Wish = Extract<
  Happening,
  {
    kind:
      | 'apply'
      | 'scale'
      | 'stop'
      | 'start'
      | 'restart'
      | 'rollback'
      | 'down'
      | 'drain'
      | 'activate'
      | 'pause'
      | 'host-rm';
  }
>;

export interface SimOpsParts {
  readonly name: OpsName;
  readonly clock: ManualClock;
  readonly network: Network;
  readonly random: () => number;
  readonly trace: Trace;
  readonly onBug: (err: unknown) => void;
}

const DAEMON_TTL_S = 10;
const COMMAND_TIMEOUT_S = 60;
const ARGS = { timeout: COMMAND_TIMEOUT_S, progress: 'quiet' } as const;

/** A machine of the operators: a daemon, and the commands that they type. */
export class SimOps {
  readonly name: OpsName;
  readonly link: NetworkLink;
  daemon: SimProcess | undefined;
  private readonly parts: SimOpsParts;
  private readonly commands = new Set<SimProcess>();
  private count = 0;

  constructor(parts: SimOpsParts) {
    this.parts = parts;
    this.name = parts.name;
    this.link = parts.network.link(parts.name);
  }

  get hasCommands(): boolean {
    return this.commands.size > 0;
  }

  startDaemon(): void {
    if (this.daemon?.isDead === false) return;
    const { network, random, clock } = this.parts;
    const process = new SimProcess(`daemon of ${this.name}`, clock);
    this.daemon = process;
    const component = createFailover({
      store: network.store(process, this.link),
      identity: `nap-controller serve on ${this.name} (start ${(this.count += 1)})`,
      policy: DEFAULT_LOSS_POLICY,
      leaseTtlS: DAEMON_TTL_S,
      clock: process.clock,
      log: silentLog,
      random,
    });
    this.start(component, process);
  }

  killCommands(): void {
    for (const command of this.commands) command.kill();
    this.commands.clear();
  }

  /** Types a command; what it ends with is told in the trace only. */
  run(wish: Wish): void {
    const { network, clock, trace, onBug } = this.parts;
    const process = new SimProcess(`command of ${this.name}`, clock);
    this.commands.add(process);
    const store = network.store(process, this.link);
    const say = (what: string): void => {
      trace.add(clock.monotonicMs(), this.name, `${wish.kind} ${what}`);
    };
    carryOut(this.context(process, say), store, wish)
      .then(
        () => {
          say('is done');
        },
        (err: unknown) => {
          if (isNapError(err)) say(`ends: ${err.code}: ${err.message}`);
          else onBug(err);
        },
      )
      .then(() => store.close())
      .finally(() => {
        process.kill();
        this.commands.delete(process);
      })
      .catch(onBug);
  }

  /** As systemd does, when etcd does not answer at the start. */
  private start(component: Component, process: SimProcess): void {
    component.start(new AbortController().signal).catch((err: unknown) => {
      if (!isNapError(err)) this.parts.onBug(err);
      process.kill();
      this.parts.clock.after(1_000, () => {
        this.startDaemon();
      });
    });
  }

  private context(process: SimProcess, say: (what: string) => void): CommandContext {
    this.count += 1;
    return {
      out: () => undefined,
      err: (text) => {
        say(`says: ${text}`);
      },
      readStdin: () => Promise.resolve(''),
      streams: noStreams(),
      signal: new AbortController().signal,
      clock: process.clock,
      env: {},
      cwd: '/',
      user: `operator-${this.count}@${this.name}`,
    };
  }
}

async function carryOut(context: CommandContext, store: Store, wish: Wish): Promise<void> {
  switch (wish.kind) {
    case 'apply':
      await plan(context, store, projectName(wish.project), () =>
        projectOf(wish.project, wish.variant),
      );
      if (wish.waits) await waitConverged(context, store, projectName(wish.project), ARGS);
      return;
    case 'scale':
      await plan(context, store, projectName(wish.project), (view) =>
        withScale(storedProject(view, wish.project), [`${wish.service}=${wish.replicas}`], 'scale'),
      );
      if (wish.waits) await waitConverged(context, store, projectName(wish.project), ARGS);
      return;
    case 'stop':
    case 'start':
    case 'restart':
      await changeProgram(context, store, wish);
      return;
    case 'rollback':
      await rollback(context, store, wish);
      return;
    case 'down':
      await down(context, store, wish);
      return;
    case 'drain':
      await setAvailability(context, store, wish.host, 'draining');
      await drain(context, store, wish.waits);
      return;
    case 'host-rm': {
      const asked = { forgetVolumes: false, hostIsOff: wish.isOff };
      await forgetHost(context, store, hostId(wish.host), asked);
      return;
    }
    case 'activate':
      await setAvailability(context, store, wish.host, 'active');
      return;
    case 'pause':
      await setAvailability(context, store, wish.host, 'paused');
      return;
  }
}

/** As the commands do: identity in the leader's key is made of the operator's name. */
async function plan(
  context: CommandContext,
  store: Store,
  name: ProjectName,
  project: (view: ClusterView) => Project,
  rollbackTo?: number,
): Promise<void> {
  const makePlan = (view: ClusterView): Plan =>
    planProject(view, project(view), {
      appliedBy: context.user,
      files: ['sim.yml'],
      nowMs: context.clock.nowMs(),
      rollbackTo,
    });
  await commitAsLeader(context, store, ARGS, { project: name, makePlan });
}

function storedProject(view: ClusterView, name: string): Project {
  const stored = view.projects.get(projectName(name));
  if (stored !== undefined) return stored.project;
  throw new NapError('NOT_FOUND', `${name} is not stored`);
}

/** As the commands do: what is meant, and which request it is, is settled once. */
async function changeProgram(
  context: CommandContext,
  store: Store,
  { kind, names, waits, ...wish }: Extract<Wish, { kind: 'stop' | 'start' | 'restart' }>,
): Promise<void> {
  const what = { names, projectName: wish.project };
  const { name, chosen } = chosenServices(await readView(store, context.signal), what);
  const atMs = context.clock.nowMs();
  const makePlan = (view: ClusterView): Plan => {
    const project = storedProject(view, name);
    const indexes = (service: Parameters<typeof indexesOf>[2]): number[] =>
      indexesOf(view, project, service);
    const started = withStarted(project, withDependencies(project, chosen), indexes);
    const wanted = {
      stop: () => withStopped(project, chosen, undefined),
      start: () => started,
      restart: () => withRestarts(started, chosen, { atMs }),
    }[kind]();
    const { user: appliedBy } = context;
    return planProject(view, wanted, {
      appliedBy,
      files: ['sim.yml'],
      nowMs: context.clock.nowMs(),
    });
  };
  await commitAsLeader(context, store, { ...ARGS, resumes: false }, { project: name, makePlan });
  if (waits) {
    const args = { ...ARGS, isPastRollouts: kind !== 'restart' };
    await waitConverged(context, store, name, args);
  }
}

async function rollback(
  context: CommandContext,
  store: Store,
  wish: Extract<Wish, { kind: 'rollback' }>,
): Promise<void> {
  const project = projectName(wish.project);
  // Settled once, as the command does: whoever applies in between must not make this another rollback.
  const view = await readView(store, context.signal);
  const to = rollbackTarget(view, project, undefined).revision;
  await plan(context, store, project, (found) => rollbackTarget(found, project, to).project, to);
  if (wish.waits) await waitConverged(context, store, project, ARGS);
}

async function down(
  context: CommandContext,
  store: Store,
  wish: Extract<Wish, { kind: 'down' }>,
): Promise<void> {
  const project = projectName(wish.project);
  const makePlan = (view: ClusterView): Plan => {
    selectProjects(view, project);
    return planDown(view, project, { removeVolumes: wish.volumes, nowMs: context.clock.nowMs() });
  };
  await commitAsLeader(context, store, ARGS, { project, makePlan });
  if (!wish.waits) return;
  await waitConverged(context, store, project, ARGS);
  if (!wish.volumes) return;
  const forget = (view: ClusterView): Plan => planForget(view, project);
  await commitAsLeader(context, store, ARGS, { project, makePlan: forget });
  await waitConverged(context, store, project, ARGS);
}

async function setAvailability(
  context: CommandContext,
  store: Store,
  host: string,
  availability: 'active' | 'draining' | 'paused',
): Promise<void> {
  const { signal } = context;
  await changePolicy(store, hostId(host), (policy) => ({ ...policy, availability }), signal);
}

async function drain(context: CommandContext, store: Store, waits: boolean): Promise<void> {
  const projects = await commitStoredAsLeader(context, store, ARGS);
  for (const project of waits ? projects : []) await waitConverged(context, store, project, ARGS);
}
