import { isNapError, keys, nameRecordCodec, reportCodec, type InstanceId } from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { Store, StoredEntry } from '@nap/shared/store';
import type { ContainerFiles } from '../container-files/container-files.js';
import type { ContainerWatch } from '../docker/container-watch.js';
import type { DockerPort } from '../docker/docker-port.js';
import { SharedPulls } from '../images/shared-pulls.js';
import { confirmStart, type ConfirmParts } from './confirm-start.js';
import { runPostStart, runPreStop } from './run-hooks.js';
import type { StepKind, StepOf } from '../reconcile/step.js';

export interface ExecutorParts extends ConfirmParts {
  readonly docker: DockerPort;
  readonly watch: ContainerWatch;
  readonly store: Pick<Store, 'get' | 'commit' | 'snapshot'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Pick<ContainerFiles, 'provide'>;
  readonly pull: (step: StepOf<'pull'>, signal: AbortSignal) => Promise<void>;
  /** Makes the container of a `create` step, on the right network, with an address and the names known now. */
  readonly create: (step: StepOf<'create'>) => Promise<string>;
  /** Resolves when nobody is told of the container any more. */
  readonly withdraw: (container: string) => Promise<void>;
  readonly onForgotten: (instance: InstanceId) => void;
}

/** Waits for something that costs the engine nothing; if that takes long, others are carried out meanwhile. */
export type Lend = (work: Promise<void>) => Promise<void>;

export interface StepContext {
  readonly signal: AbortSignal;
  readonly lend: Lend;
  /** Of the same chain. */
  readonly next?: StepKind | undefined;
}

export type Executors = {
  readonly [K in StepKind]: (step: StepOf<K>, context: StepContext) => Promise<void>;
};

/** One call each, and then a look at what it did; nothing is decided here. */
export function createExecutors(parts: ExecutorParts): Executors {
  const { docker, watch, files, clock } = parts;
  const pulls = new SharedPulls(parts.pull);
  return {
    pull: (step, { signal }) => pulls.get(step, signal),
    'write-files': (step, { lend }) => lend(files.provide(step.instance, step.files)),
    create: async (step, { next }) => {
      if (next === 'start') await watch.made(step.name, () => parts.create(step));
      else await watch.refreshNew(await parts.create(step));
    },
    'withdraw-name': (step) => parts.withdraw(step.container),
    drain: (step, { signal }) => clock.sleep(step.ms, signal),
    stop: async (step) => {
      await docker.stop(step.container, step.graceMs);
      await watch.refresh(step.container);
    },
    remove: async (step) => {
      await docker.remove(step.container);
      await watch.refresh(step.container);
    },
    rename: async (step) => {
      await docker.rename(step.container, step.to);
      await watch.refresh(step.container);
    },
    start: async (step, { signal, lend }) => {
      await watch.started(step.container, async () => {
        await lend(confirmStart(parts, step.instance, signal));
        await docker.start(step.container);
      });
    },
    'post-start': async (step, { signal }) => {
      try {
        await runPostStart(step, docker, signal);
      } finally {
        await watch.refresh(step.container);
      }
    },
    'pre-stop': (step, { signal }) => runPreStop(step, parts, signal),
    'remove-volume': (step) => docker.removeVolume(step.volume),
    forget: async (step) => {
      await forget(parts, step.instance);
      parts.onForgotten(step.instance);
    },
  };
}

/**
 * Another host may have the instance by now: only what this host has written goes, and not that it has completed, which that
 * other host needs to know. The controller deletes it when it takes the instance away for good.
 */
async function forget({ host, store }: ExecutorParts, instance: InstanceId): Promise<void> {
  const goes = {
    [keys.report(instance)]: (entry: StoredEntry) =>
      reportCodec.decode(entry.value, entry.key).host === host,
    [keys.name(instance)]: (entry: StoredEntry) => {
      const record = nameRecordCodec.decode(entry.value, entry.key);
      return record.host === host && record.condition !== 'completed';
    },
  };
  for (const [key, isToGo] of Object.entries(goes)) {
    const entry = await store.get(key);
    if (entry === undefined || !isKnownTo(entry, isToGo)) continue;
    await store.commit([{ kind: 'delete', key }], {
      guards: [{ kind: 'unchanged', key, revision: entry.modRevision }],
    });
  }
}

/** A value that cannot be read was written by a newer nap: it is not this agent's. */
function isKnownTo(entry: StoredEntry, test: (entry: StoredEntry) => boolean): boolean {
  try {
    return test(entry);
  } catch (err) {
    if (!isNapError(err, 'BAD_VALUE')) throw err;
    return false;
  }
}
