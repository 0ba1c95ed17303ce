import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FRAME, FRAME_HEADER_BYTES, instanceId } from '@nap/shared';
import { engines, request, type Engine } from '../testing/engines.js';

/** What operators ask, on the fake and on a real dockerd. */
describe.each(engines)('%s', (kind, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  }, 60_000);
  afterAll(() => engine.stop(), 60_000);

  const started = async (over: Parameters<typeof request>[0] = {}) => {
    const wanted = request(over);
    const id = await engine.docker.create(wanted);
    await engine.docker.start(id);
    return { id, name: wanted.name };
  };

  it('lists containers of nap, and no other', async () => {
    const { operator } = engine;
    await engine.addForeign(`foreign-of-${kind.length}`);
    const { id, name } = await started();
    const index = name.replace('shop-web-', '');
    const found = await operator.containers();
    expect(found.map(({ name: it }) => it)).toEqual([name]);
    expect(found).toMatchObject([
      { id, instance: instanceId(`shop.web.${index}`), state: 'running' },
    ]);
    await engine.docker.remove(id);
    expect(await operator.containers()).toEqual([]);
  });

  it('gives a log in frames, each line with its time', async () => {
    const { operator } = engine;
    const { id } = await started({ command: ['echo', 'hello'] });
    const stream = await operator.logs(id, { follow: false });
    const bytes = await buffer(stream);
    if (bytes.length > 0) {
      expect(bytes[0]).toBe(FRAME.stdout);
      const line = bytes.subarray(FRAME_HEADER_BYTES).toString();
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \S.*\n$/);
    }
    await engine.docker.remove(id);
    await expect(operator.logs(id, { follow: false })).rejects.toMatchObject({
      code: 'DOCKER_NOT_FOUND',
    });
  });

  it('asks only what runs for its processes, and signals nothing else', async () => {
    const { operator } = engine;
    const { id } = await started();
    const { titles, processes } = await operator.top(id, undefined);
    expect(titles).toContain('PID');
    expect(processes[0]).toHaveLength(titles.length);
    await operator.kill(id, 'SIGWINCH');
    await engine.docker.stop(id, 0);
    await expect(operator.top(id, undefined)).rejects.toMatchObject({ code: /DOCKER_\w+/ });
    await expect(operator.kill(id, 'SIGHUP')).rejects.toMatchObject({ code: 'DOCKER_CONFLICT' });
    await engine.docker.remove(id);
    await expect(operator.kill(id, 'SIGHUP')).rejects.toMatchObject({ code: 'DOCKER_NOT_FOUND' });
  });

  it('gives a command its input and takes its output', async () => {
    const { operator } = engine;
    const { id, name } = await started();
    const index = name.replace('shop-web-', '');
    const session = await operator.exec(id, {
      ...{ type: 'start', instance: instanceId(`shop.web.${index}`) },
      ...{ command: ['cat'], hasInput: true },
    });
    const output = buffer(session.stream.pipe(new PassThrough()));
    session.stream.end('there and back');
    expect((await output).subarray(FRAME_HEADER_BYTES).toString()).toBe('there and back');
    expect(await session.exitCode(new AbortController().signal)).toBe(0);
    await engine.docker.remove(id);
  });

  it('says what a path is, and that there is none', async () => {
    const { operator } = engine;
    const { id } = await started();
    expect(await operator.statPath(id, '/tmp')).toMatchObject({ name: 'tmp', isDirectory: true });
    for (const ask of [
      () => operator.statPath(id, '/none'),
      () => operator.readArchive(id, '/none'),
      () => operator.writeArchive(id, '/none', Readable.from([Buffer.alloc(1024)])),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'DOCKER_NOT_FOUND' });
    }
    const { stat, stream } = await operator.readArchive(id, '/tmp');
    stream.destroy();
    expect(stat.isDirectory).toBe(true);
    await engine.docker.remove(id);
  });

  it('knows its images, and who uses them', async () => {
    const { operator } = engine;
    const images = await operator.images();
    expect(images).toMatchObject([
      { tags: ['box:latest'], containers: expect.any(Number) as number },
    ]);
    expect(await operator.pruneImages(false)).toEqual({ removed: [], freedBytes: 0 });
  });
});
