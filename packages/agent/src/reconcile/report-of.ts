import type { HostId, Placement, Report, ReportStatus } from '@nap/shared';
import { besideOlder, LIMITS, PAUSED_BY_HAND } from '@nap/shared';
import type { InstanceMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { isGivenUp } from './plan-refresh.js';
import type { Situation } from './situation.js';
import type { StepKind } from './step.js';

export interface ReportInput {
  readonly host: HostId;
  readonly placement: Placement;
  readonly memory: InstanceMemory | undefined;
  /** What the last look found; undefined while the first steps run. */
  readonly situation: Situation | undefined;
  /** The step that is being carried out now. */
  readonly step: StepKind | undefined;
  readonly nowMs: number;
}

interface Told {
  readonly status: ReportStatus;
  readonly message: string;
}

const WORKING: Readonly<Record<StepKind, Told>> = {
  pull: { status: { state: 'pulling' }, message: 'pulls the image' },
  'write-files': { status: { state: 'starting' }, message: 'writes its configs and secrets' },
  create: { status: { state: 'starting' }, message: 'creates the container' },
  rename: { status: { state: 'starting' }, message: 'gives the container its name' },
  start: { status: { state: 'starting' }, message: 'starts the container' },
  'post-start': { status: { state: 'starting' }, message: 'runs its post-start hooks' },
  'pre-stop': { status: { state: 'stopping' }, message: 'runs its pre-stop hooks' },
  'withdraw-name': { status: { state: 'stopping' }, message: 'withdraws its name' },
  drain: { status: { state: 'stopping' }, message: 'lets its clients finish' },
  stop: { status: { state: 'stopping' }, message: 'stops the container' },
  remove: { status: { state: 'stopping' }, message: 'removes the container' },
  'remove-volume': { status: { state: 'stopping' }, message: 'removes its volumes' },
  forget: { status: { state: 'stopping' }, message: 'leaves this host' },
};

/** What the operator is told about one placement. Undefined: there is nothing new to say. */
export function reportOf(input: ReportInput): Report | undefined {
  const { placement, situation, step, memory } = input;
  const told = step === undefined ? tell(situation, memory) : working(step, input);
  if (told === undefined) return undefined;
  const container =
    situation?.kind === 'runs' && step === undefined ? situation.container : undefined;
  return {
    instance: placement.instance,
    host: input.host,
    specHash: placement.specHash,
    status: told.status,
    ...(container === undefined ? {} : { containerId: container.id }),
    ...(container?.ip === undefined ? {} : { ip: container.ip }),
    ...refreshOf(memory, container),
    ...(memory?.restartedFor === undefined ? {} : { restartedFor: memory.restartedFor }),
    restarts: memory?.restarts ?? 0,
    message: told.message.slice(0, LIMITS.reportMessageChars),
    atMs: input.nowMs,
  };
}

/** Of a container that is to make way the request is not served yet. */
function refreshOf(
  memory: InstanceMemory | undefined,
  container: ObservedContainer | undefined,
): Pick<Report, 'refresh'> {
  if (memory?.refresh === undefined) return {};
  const { asked, failed, outdated } = memory.refresh;
  if (failed !== undefined) {
    return isGivenUp(failed) ? { refresh: { asked, state: 'failed' } } : {};
  }
  const isStillThere = outdated !== undefined && outdated === container?.id;
  const isNewer = outdated === undefined ? {} : { isNewer: true as const };
  return { refresh: { asked, state: isStillThere ? 'replacing' : 'done', ...isNewer } };
}

/** A retry shows the trouble that made it necessary: "starting" alone would hide it half of the time. */
function working(step: StepKind, { memory, placement }: ReportInput): Told {
  const plain = WORKING[step];
  const told = step === 'pull' ? { ...plain, message: `pulls ${placement.spec.image}` } : plain;
  const trouble = memory?.trouble;
  if (trouble === undefined) return told;
  return { ...told, message: `${told.message} once more; last time: ${trouble.message}` };
}

function tell(
  situation: Situation | undefined,
  memory: InstanceMemory | undefined,
): Told | undefined {
  switch (situation?.kind) {
    case undefined:
    case 'works':
      return undefined;
    case 'runs':
      return running(situation, memory);
    case 'waits':
      return { status: { state: 'pending' }, message: situation.reason };
    case 'completed':
      return {
        status: { state: 'completed', finishedAtMs: situation.finishedAtMs },
        message: 'the program has ended with exit code 0 and need not run again',
      };
    case 'stopped':
      return {
        status: { state: 'stopped' },
        message: situation.hasContainer
          ? 'is stopped, and its container is kept'
          : 'is stopped; its container is made when it is started',
      };
    case 'removed':
      return { status: { state: 'removed' }, message: 'the container is removed' };
    case 'failed':
      return failed(situation, memory);
  }
}

function running(
  { container, isBeside = false }: Extract<Situation, { kind: 'runs' }>,
  memory: InstanceMemory | undefined,
): Told | undefined {
  const { run } = container;
  const failed = memory?.refresh?.failed;
  const plain =
    failed === undefined ? '' : `runs on, and no newer image was found: ${failed.message}`;
  if (run.state !== 'running') return undefined;
  return {
    status: { state: 'running', health: run.health, startedAtMs: run.startedAtMs },
    message: run.isPaused
      ? PAUSED_BY_HAND
      : run.health === 'unhealthy'
        ? said('runs, and its health check fails', isBeside)
        : plain,
  };
}

function failed(
  { trouble, retryAtMs, isBeside = false }: Extract<Situation, { kind: 'failed' }>,
  memory: InstanceMemory | undefined,
): Told {
  return {
    status: {
      state: 'failed',
      cause: trouble.cause,
      ...(trouble.exitCode === undefined ? {} : { exitCode: trouble.exitCode }),
      ...(trouble.outOfMemory === undefined ? {} : { outOfMemory: true }),
      attempts: memory?.troubles ?? 0,
      ...(retryAtMs === undefined ? {} : { retryAtMs }),
    },
    message: said(trouble.message, isBeside),
  };
}

const said = (message: string, isBeside: boolean): string =>
  isBeside ? besideOlder(message) : message;

/** Equal but for the moment of saying it: not worth writing. */
export function saysTheSame(a: Report, b: Report): boolean {
  return (
    a.specHash === b.specHash &&
    a.host === b.host &&
    a.containerId === b.containerId &&
    a.ip === b.ip &&
    a.restarts === b.restarts &&
    a.restartedFor === b.restartedFor &&
    a.refresh?.asked === b.refresh?.asked &&
    a.refresh?.state === b.refresh?.state &&
    a.message === b.message &&
    JSON.stringify(a.status) === JSON.stringify(b.status)
  );
}
