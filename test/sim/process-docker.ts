import { NapError } from '@nap/shared';
import type { Clock } from '@nap/shared/runtime';
import type { DockerPort, FakeDocker } from '@nap/agent/testing';
import type { SimProcess } from './sim-process.js';

export interface ProcessDockerParts {
  readonly engine: FakeDocker;
  readonly process: SimProcess;
  /** Of the machine: the engine works on while the agent is frozen or dead. */
  readonly machine: Clock;
  /** Of one way to the engine, in ms. */
  readonly latencyMs: () => number;
  /** Kinds of call whose next answer is lost although the work was done. */
  readonly lostAnswers: Set<string>;
  /** Called when a call has reached the engine, before it does anything. */
  readonly onCall: (call: keyof DockerPort, about: string) => void;
  /** And when it has ended, well or badly. */
  readonly onAnswer: (call: keyof DockerPort, about: string, err?: unknown) => void;
}

/** The engine of a machine, as one agent process sees it: over a socket, while the process lives. */
export function processDocker(parts: ProcessDockerParts): DockerPort {
  const { engine, process, machine, latencyMs, lostAnswers, onCall, onAnswer } = parts;
  const onTheEngine = async <T>(
    call: keyof DockerPort,
    about: string,
    work: () => Promise<T>,
  ): Promise<T> => {
    await machine.sleep(latencyMs());
    onCall(call, about);
    let answer: T;
    try {
      answer = await work();
      onAnswer(call, about);
    } catch (err) {
      onAnswer(call, about, err);
      throw err;
    }
    await machine.sleep(latencyMs());
    if (!lostAnswers.delete(call)) return answer;
    throw new NapError('DOCKER_UNAVAILABLE', `the answer to ${call} was lost`);
  };
  const ask = <T>(call: keyof DockerPort, about: string, work: () => Promise<T>): Promise<T> =>
    process.call(() => onTheEngine(call, about, work));
  return {
    facts: () => ask('facts', '', () => engine.facts()),
    list: () => ask('list', '', () => engine.list()),
    inspect: (container) => ask('inspect', container, () => engine.inspect(container)),
    imageId: (image, platform) => ask('imageId', image, () => engine.imageId(image, platform)),
    pull: (request) => ask('pull', request.image, () => engine.pull(request)),
    create: (request) => ask('create', request.name, () => engine.create(request)),
    start: (container) => ask('start', container, () => engine.start(container)),
    exec: (container, request, options) =>
      ask('exec', container, () => engine.exec(container, request, options)),
    stop: (container, _graceMs) => ask('stop', container, () => engine.stop(container)),
    remove: (container) => ask('remove', container, () => engine.remove(container)),
    rename: (container, to) => ask('rename', container, () => engine.rename(container, to)),
    hasVolume: (volume) => ask('hasVolume', volume, () => engine.hasVolume(volume)),
    removeVolume: (volume) => ask('removeVolume', volume, () => engine.removeVolume(volume)),
    lastLines: (container) => ask('lastLines', container, () => engine.lastLines()),
    network: (name) => ask('network', name, () => engine.network(name)),
    createNetwork: (request) =>
      ask('createNetwork', request.name, () => engine.createNetwork(request)),
    events: (handlers, { signal, ...more }) => {
      // Not the agent's own signal: a process that was killed never aborts it.
      const over = new AbortController();
      const onAbort = (): void => {
        over.abort();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      process.onDeath(() => {
        signal.removeEventListener('abort', onAbort);
        over.abort();
      });
      const received = {
        onOpen: () => {
          process.receive(() => {
            handlers.onOpen();
          });
        },
        onEvent: (event: Parameters<typeof handlers.onEvent>[0]) => {
          process.receive(() => {
            handlers.onEvent(event);
          });
        },
      };
      return process.call(() => engine.events(received, { ...more, signal: over.signal }));
    },
  };
}
