import { silentLog } from '@nap/shared/runtime';
import { ManualClock } from '@nap/shared/testing';
import { request } from '../testing/engines.js';
import { FakeDocker } from '../testing/fake-docker.js';
import { ContainerWatch } from './container-watch.js';
import type { EventHandlers, EventOptions } from './docker-port.js';
import type { ObservedContainer } from '../reconcile/observed.js';

/** Counts the looks, and can hold the events back. */
class CountedDocker extends FakeDocker {
  looks = 0;
  isLate = false;
  private late: (() => void)[] = [];

  override inspect(container: string): Promise<ObservedContainer | undefined> {
    this.looks += 1;
    return super.inspect(container);
  }

  override events(handlers: EventHandlers, options: EventOptions): Promise<void> {
    const onEvent: EventHandlers['onEvent'] = (event) => {
      if (!this.isLate) handlers.onEvent(event);
      else {
        this.late.push(() => {
          handlers.onEvent(event);
        });
      }
    };
    return super.events({ ...handlers, onEvent }, options);
  }

  tell(): void {
    for (const event of this.late.splice(0)) event();
  }
}

let clock: ManualClock;
let docker: CountedDocker;
let watch: ContainerWatch;

beforeEach(async () => {
  clock = new ManualClock();
  docker = new CountedDocker({ clock });
  docker.images.add('box');
  watch = new ContainerWatch({
    ...{ docker, clock, log: silentLog, random: () => 0.5 },
    engineStart: () => Promise.resolve({ atMs: 0, life: 'only' }),
  });
  watch.start();
  await clock.advance(1_000);
});

afterEach(async () => {
  const stopped = watch.stop();
  await clock.advance(10_000);
  await stopped;
});

/** As a chain of steps does it; the name is all that the second step knows. */
async function makeAndStart(): Promise<void> {
  const made = request({ image: 'box' });
  await watch.made(made.name, () => docker.create(made));
  await clock.advance(1);
  await watch.started(made.name, async () => {
    await docker.start(made.name);
    await clock.advance(1);
  });
}

const states = (): readonly string[] => watch.containers.map(({ run }) => run.state);

it('what is made and started is looked at once, where the events come first', async () => {
  await makeAndStart();
  expect(states()).toEqual(['running']);
  await clock.advance(1_000);
  expect(docker.looks).toBe(1);
});

it('and where the answers come first', async () => {
  docker.isLate = true;
  await makeAndStart();
  expect(states()).toEqual(['running']);
  docker.tell();
  await clock.advance(1_000);
  expect(docker.looks).toBe(1);
});

it('what is only made is looked at once', async () => {
  const made = request({ image: 'box' });
  await watch.refreshNew(await docker.create(made));
  await clock.advance(1_000);
  expect(states()).toEqual(['created']);
  expect(docker.looks).toBe(1);
});

it('a creation whose answer is lost is looked at, and still fails', async () => {
  const made = request({ image: 'box' });
  const failing = watch.made(made.name, async () => {
    await docker.create(made);
    await clock.advance(1);
    throw new Error('no answer');
  });
  await expect(failing).rejects.toThrow('no answer');
  expect(states()).toEqual(['created']);
});

it('and where its event comes later still', async () => {
  docker.isLate = true;
  const made = request({ image: 'box' });
  const failing = watch.made(made.name, async () => {
    await docker.create(made);
    throw new Error('no answer');
  });
  await expect(failing).rejects.toThrow('no answer');
  docker.tell();
  await clock.advance(1_000);
  expect(states()).toEqual(['created']);
});

it('a start of which there is no event is looked at', async () => {
  await makeAndStart();
  const [{ id } = { id: '' }] = watch.containers;
  await watch.started(id, () => docker.start(id));
  expect(docker.looks).toBe(2);
});

it('a start that fails is looked at, and still fails', async () => {
  await makeAndStart();
  const [{ id } = { id: '' }] = watch.containers;
  const failing = watch.started(id, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(docker.looks).toBe(2);
});

it('what was made and cannot be started is looked at then', async () => {
  const made = request({ image: 'box' });
  await watch.made(made.name, () => docker.create(made));
  await clock.advance(1);
  expect(states()).toEqual([]);
  const failing = watch.started(made.name, () => Promise.reject(new Error('not confirmed')));
  await expect(failing).rejects.toThrow('not confirmed');
  expect(states()).toEqual(['created']);
  expect(docker.looks).toBe(1);
});

it('what somebody else makes or starts, and whatever ends, is looked at by its event', async () => {
  const made = request({ image: 'box' });
  const id = await docker.create(made);
  await clock.advance(1);
  await docker.start(id);
  await clock.advance(1);
  expect(states()).toEqual(['running']);
  docker.isLate = true;
  docker.exit(made.name, 3);
  await clock.advance(1);
  await watch.refresh(id);
  docker.looks = 0;
  docker.tell();
  await clock.advance(1);
  expect(docker.looks).toBe(1);
  expect(states()).toEqual(['exited']);
});
