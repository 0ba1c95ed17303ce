import { isNapError, LIMITS, messageOf, NapError, type HookSpec } from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { DockerPort, ExecOptions } from '../docker/docker-port.js';
import type { StepOf } from '../reconcile/step.js';
import { isOutage } from './trouble-of.js';

const OUTPUT_CHARS = 500;
const COMMAND_CHARS = 100;

/**
 * Runs the post-start hooks of one run of a container, in order. Throws HOOK_FAILED at the first that fails, unless the
 * program has ended meanwhile: then its end is what there is to tell.
 */
export async function runPostStart(
  step: StepOf<'post-start'>,
  docker: Pick<DockerPort, 'exec' | 'inspect'>,
  signal: AbortSignal,
): Promise<void> {
  const options = { deadlineMs: LIMITS.postStartHookMs, signal };
  for (const hook of step.hooks) {
    const failure = await tryHook('post-start', step.container, hook, docker, options);
    if (failure === undefined) continue;
    const { run } = (await docker.inspect(step.container)) ?? {};
    if (run?.state !== 'running' || run.startedAt !== step.startedAt) return;
    throw failure;
  }
}

export interface PreStopParts {
  readonly docker: Pick<DockerPort, 'exec'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the pre-stop hooks, in order, until one fails or the time is up: the stop follows in any case. */
export async function runPreStop(
  step: StepOf<'pre-stop'>,
  { docker, clock, log }: PreStopParts,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.monotonicMs() + step.withinMs;
  for (const hook of step.hooks) {
    const deadlineMs = Math.max(1, untilMs - clock.monotonicMs());
    const failure = await tryHook('pre-stop', step.container, hook, docker, { deadlineMs, signal });
    if (failure === undefined) continue;
    const { instance } = step;
    log.warn('a pre-stop hook failed; stopping goes on', { instance, reason: failure.message });
    return;
  }
}

/** Undefined when it has done its work. Throws when the engine is away, or the agent is to end. */
async function tryHook(
  moment: 'post-start' | 'pre-stop',
  container: string,
  hook: HookSpec,
  docker: Pick<DockerPort, 'exec'>,
  options: ExecOptions,
): Promise<NapError | undefined> {
  const what = `the ${moment} hook ${hook.command.join(' ').slice(0, COMMAND_CHARS)}`;
  try {
    const { exitCode, output } = await docker.exec(container, hook, options);
    if (exitCode === 0) return undefined;
    const told = output.trim().slice(-OUTPUT_CHARS);
    const words = told === '' ? '' : `; its last words:\n${told}`;
    return new NapError('HOOK_FAILED', `${what} failed with exit code ${exitCode}${words}`);
  } catch (err) {
    if (!isNapError(err) || isOutage(err)) throw err;
    return new NapError('HOOK_FAILED', `${what} failed: ${messageOf(err)}`, { cause: err });
  }
}
