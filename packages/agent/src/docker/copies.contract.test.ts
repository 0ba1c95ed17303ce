import { request } from '../testing/engines.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import type { DockerPort, EngineEvent } from './docker-port.js';
import { openDocker } from './dockerode-gateway.js';
import { openOneOffDocker } from './one-off-gateway.js';
import { openOperatorDocker } from './operator-gateway.js';

if (canRunDockerd()) describe('what docker commit makes of a container of nap', onDockerd);

function onDockerd(): void {
  let dockerd: PrivateDockerd;
  let docker: DockerPort;
  let original: string;
  const events: EngineEvent[] = [];
  const following = new AbortController();

  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage('box');
    docker = openDocker(dockerd.socket);
    const handlers = {
      onOpen: () => undefined,
      onEvent: (event: EngineEvent) => {
        events.push(event);
      },
    };
    void docker.events(handlers, { signal: following.signal });
    original = await docker.create(request());
  }, 60_000);
  afterAll(async () => {
    following.abort();
    await dockerd.stop();
  }, 60_000);

  const run = (image: string): string => dockerd.docker('run', '-d', image, 'sleep', '100').trim();
  const operators = async (): Promise<readonly string[]> =>
    (await openOperatorDocker(dockerd.socket).containers()).map(({ id }) => id);

  it.each([
    ['by its name', (_id: string) => 'debug'],
    ['by its id', (id: string) => id],
    ['by the beginning of its id', (id: string) => id.replace('sha256:', '').slice(0, 12)],
  ])('is an image like any other, run %s', async (_how, imageOf) => {
    const image = imageOf(dockerd.docker('commit', original, 'debug').trim());
    const copy = run(image);
    expect(dockerd.docker('inspect', '-f', '{{.Config.Labels}}', copy)).toContain('nap.instance:');
    expect(await docker.inspect(copy)).toBeUndefined();
    expect(await docker.inspect(original)).toBeDefined();
    expect(await operators()).toEqual([original]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const told = events.filter(({ containerId }) => containerId === copy);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(({ isOurs }) => isOurs)).toEqual([]);
    dockerd.docker('rm', '-f', copy);
  });

  it('is not what the list takes for one of nap’s', async () => {
    dockerd.docker('commit', original, 'debug');
    const copy = run('debug');
    const listed = await docker.list();
    expect(listed.find(({ id }) => id === copy)).toMatchObject({ isOurs: false });
    expect(listed.find(({ id }) => id === original)).toMatchObject({ isOurs: true });
    dockerd.docker('rm', '-f', copy);
  });

  it('an image that has moved on leaves its containers nap’s', async () => {
    dockerd.docker('tag', 'box', 'moved');
    const id = await docker.create(request({ image: 'moved' }));
    dockerd.docker('commit', original, 'moved');
    expect(await docker.inspect(id)).toBeDefined();
    expect(await operators()).toContain(id);
    expect((await docker.list()).find((it) => it.id === id)).toMatchObject({ isOurs: true });
    dockerd.docker('rm', id);
  });

  it.each([
    ['with a tag', () => 'box:latest'],
    ['by id', () => dockerd.docker('inspect', '-f', '{{.Id}}', 'box').trim()],
    ['with a registry', () => 'docker.io/library/box'],
    ['that came from a container of nap', () => 'debug'],
  ])('a container of an image %s is nap’s', async (_how, imageOf) => {
    const id = await docker.create(request({ image: imageOf() }));
    expect(await docker.inspect(id)).toBeDefined();
    expect(await openOneOffDocker(dockerd.socket).list()).toEqual([]);
    dockerd.docker('rm', id);
  });
}
