import { NapError } from '@nap/shared';
import { readFileSync } from 'node:fs';
import type { ContainerSpec } from '@nap/shared';
import { renderHosts } from '../hosts-file/render.js';
import { diskHostsFiles, isEngineFile, updateHostsFile } from '../hosts-file/write.js';
import { CLUSTER } from '../testing/builders.js';
import { engines, eventually, request, type Engine } from '../testing/engines.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import type { DockerPort, EngineEvent } from './docker-port.js';
import { openDocker } from './dockerode-gateway.js';

describe.each(engines)('%s', (kind, open) => {
  let engine: Engine;
  let docker: DockerPort;
  const events: EngineEvent[] = [];
  const following = new AbortController();

  beforeAll(async () => {
    engine = await open();
    ({ docker } = engine);
    let isOpen = false;
    const handlers = {
      onOpen: () => {
        isOpen = true;
      },
      onEvent: (event: EngineEvent) => {
        events.push(event);
      },
    };
    void docker.events(handlers, { signal: following.signal });
    await eventually(
      () => isOpen,
      (it) => it,
    );
  }, 60_000);

  afterAll(async () => {
    following.abort();
    await engine.stop();
  }, 60_000);

  const inspect = async (container: string) => {
    const observed = await docker.inspect(container);
    if (observed === undefined) throw new Error(`no container ${container}`);
    return observed;
  };
  const kinds = (id: string): readonly string[] =>
    events.filter((event) => event.containerId === id).map((event) => event.kind);

  it('says what it is', async () => {
    expect(await docker.facts()).toMatchObject({ os: 'linux', architecture: 'x86_64' });
  });

  it('knows which images it has', async () => {
    const id = await docker.imageId('box');
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await docker.imageId('no-such-image:1')).toBeUndefined();
    expect(await docker.imageId('box', 'linux/amd64')).toBe(id);
    expect(await docker.imageId('box', 'linux/s390x')).toBeUndefined();
  });

  it.each(['BOX', 'box:', 'a//b', '../../info', 'http://x/y', 'HOST/BOX', 'DOCKER/box'])(
    'has no image %s, and cannot pull it',
    async (image) => {
      expect(await docker.imageId(image)).toBeUndefined();
      await expect(docker.pull({ image })).rejects.toBeInstanceOf(NapError);
    },
  );

  it('has no volume that is not there, nor one without a name for the engine', async () => {
    for (const volume of ['no-such-volume', '../containers/json', 'a//b']) {
      expect(await docker.hasVolume(volume)).toBe(false);
      await docker.removeVolume(volume);
    }
  });

  it('creates, starts, stops and removes, and tells of each', async () => {
    const wanted = request();
    const id = await docker.create(wanted);
    expect(await inspect(id)).toMatchObject({
      id,
      name: wanted.name,
      cluster: CLUSTER,
      imageId: await docker.imageId('box'),
      run: { state: 'created' },
      hostsPath: '',
      stopGraceMs: 10_000,
    });
    await docker.start(wanted.name);
    await docker.start(id);
    const running = await inspect(id);
    expect(running.run).toMatchObject({ state: 'running', health: 'none', isPaused: false });
    expect(running.ip).toMatch(/^172\.17\.0\.\d+$/);
    await docker.stop(id, 0);
    await docker.stop(id, 0);
    const stopped = await inspect(id);
    expect(stopped.run.state).toBe('exited');
    expect(stopped.ip).toBeUndefined();
    await eventually(
      () => kinds(id),
      (seen) => ['kill', 'die', 'stop'].every((event) => seen.includes(event)),
    );
    await docker.remove(id);
    await docker.remove(id);
    await docker.stop(id, 0);
    expect(await docker.inspect(id)).toBeUndefined();
  });

  it('tells whoever asks for it what happened before', async () => {
    const wanted = request();
    const askedAtMs = Date.now();
    const id = await docker.create(wanted);
    await docker.start(id);
    await docker.stop(id, 0);
    const late: EngineEvent[] = [];
    const handlers = { onOpen: () => undefined, onEvent: (event: EngineEvent) => late.push(event) };
    const until = new AbortController();
    void docker.events(handlers, { signal: until.signal, sinceMs: askedAtMs });
    await eventually(
      () => late.filter((event) => event.containerId === id).map((event) => event.kind),
      (seen) => ['kill', 'die', 'stop'].every((event) => seen.some((it) => it === event)),
    );
    until.abort();
    await docker.remove(id);
  });

  it('tells a program that ends by itself from one that is killed', async () => {
    const wanted = request();
    const id = await docker.create(wanted);
    await docker.start(id);
    await engine.exit(wanted.name, 3);
    const { run } = await eventually(
      () => inspect(id),
      (it) => it.run.state === 'exited',
    );
    expect(run).toMatchObject({ state: 'exited', exitCode: 3 });
    await eventually(
      () => kinds(id),
      (seen) => seen.includes('die'),
    );
    expect(kinds(id)).not.toContain('kill');
    await docker.remove(id);
  });

  it('has a name only once, and renames', async () => {
    const wanted = request();
    const id = await docker.create(wanted);
    await expect(docker.create(wanted)).rejects.toMatchObject({ code: 'DOCKER_CONFLICT' });
    await docker.rename(id, 'another');
    expect((await inspect('another')).id).toBe(id);
    const second = await docker.create(wanted);
    await expect(docker.rename(second, 'another')).rejects.toMatchObject({
      code: 'DOCKER_CONFLICT',
    });
    await docker.remove(id);
    await docker.remove(second);
  });

  it('refuses an image that it does not have', async () => {
    await expect(docker.create(request({ image: 'no-such-image:1' }))).rejects.toMatchObject({
      code: 'DOCKER_NOT_FOUND',
      message: expect.stringMatching(/image/i) as string,
    });
  });

  it('lists all containers and inspects none that is not nap’s', async () => {
    await engine.addForeign(`foreign-${kind.replaceAll(' ', '-')}`);
    const foreign = (await docker.list()).find(({ isOurs }) => !isOurs);
    expect(foreign?.name).toMatch(/^foreign-/);
    expect(await docker.inspect(foreign?.id ?? '')).toBeUndefined();
    await eventually(
      () => events.find(({ containerId }) => containerId === foreign?.id),
      (event) => event?.kind === 'create' && !event.isOurs,
    );
  });

  it('writes the hosts file anew at every start, seeds included, and shows it at its path', async () => {
    const wanted = request({ extraHosts: ['mine:1.2.3.4'] }, { seeds: ['db:10.4.1.2'] });
    const id = await docker.create(wanted);
    await docker.start(id);
    const { hostsPath, seeds } = await inspect(id);
    expect(seeds).toEqual(['db:10.4.1.2']);
    const { dataRoot } = await docker.facts();
    expect(isEngineFile(hostsPath, dataRoot)).toBe(true);
    const readHosts = (path: string): string =>
      engine.hostsFiles.withFile(path, (file) => file.read());
    expect(readHosts(hostsPath)).toMatch(
      /127\.0\.0\.1\tlocalhost\n[^]*1\.2\.3\.4\tmine\n10\.4\.1\.2\tdb\n172\.17\.0\.\d+\t\S+\n$/,
    );
    const entries = [{ names: ['db'], addresses: ['10.4.1.9'] }];
    const update = (): string =>
      updateHostsFile(engine.hostsFiles, hostsPath, (existing) =>
        renderHosts({ entries, existing, seeds }),
      );
    expect(update()).toBe('written');
    expect(update()).toBe('unchanged');
    const text = readHosts(hostsPath);
    expect(text).toContain('10.4.1.9         db # nap\n');
    expect(text).not.toContain('10.4.1.2');
    await docker.stop(id, 0);
    await docker.start(id);
    expect(readHosts(hostsPath)).toContain('10.4.1.2\tdb\n');
    await docker.remove(id);
  });

  it('keeps volumes when it removes a container, and refuses to drop one in use', async () => {
    const mounts: ContainerSpec['mounts'] = [
      { type: 'volume', name: 'shop_data', target: '/named' },
      { type: 'volume', target: '/anonymous' },
    ];
    const id = await docker.create(request({ mounts }));
    const { volumes } = await inspect(id);
    expect(await docker.hasVolume('shop_data')).toBe(true);
    expect([...volumes].sort((a, b) => (a.target < b.target ? -1 : 1))).toEqual([
      {
        name: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        target: '/anonymous',
        isAnonymous: true,
      },
      { name: 'shop_data', target: '/named', isAnonymous: false },
    ]);
    await expect(docker.removeVolume('shop_data')).rejects.toMatchObject({
      code: 'DOCKER_CONFLICT',
    });
    await docker.remove(id);
    for (const { name } of volumes) await docker.removeVolume(name);
    await docker.removeVolume('shop_data');
  });

  it('makes a network and says what it is', async () => {
    expect(await docker.network('nap')).toBeUndefined();
    const options = { 'com.docker.network.driver.mtu': '1450' };
    await docker.createNetwork({
      name: 'nap',
      subnet: '10.4.9.0/24',
      gateway: '10.4.9.1',
      options,
    });
    expect(await docker.network('nap')).toMatchObject({
      driver: 'bridge',
      subnet: '10.4.9.0/24',
      gateway: '10.4.9.1',
      options,
    });
  });

  it('gives a container the address that it asks for', async () => {
    const id = await docker.create(request({}, { address: '10.4.9.77' }));
    await docker.start(id);
    expect((await inspect(id)).ip).toBe('10.4.9.77');
    await docker.remove(id);
  });

  it('makes, but does not start a container with the address of another one', async () => {
    await engine.addForeign('holder', '10.4.9.78');
    const id = await docker.create(request({}, { address: '10.4.9.78' }));
    await expect(docker.start(id)).rejects.toMatchObject({
      code: 'DOCKER_REFUSED',
      details: { isAddressRefused: true },
    });
    expect((await inspect(id)).run).toEqual({ state: 'created' });
    await docker.remove(id);
  });

  it('does not start again what has lost its address to another one', async () => {
    const id = await docker.create(request({}, { address: '10.4.9.79' }));
    await docker.start(id);
    await docker.stop(id, 0);
    await engine.addForeign('thief', '10.4.9.79');
    await expect(docker.start(id)).rejects.toMatchObject({ details: { isAddressRefused: true } });
    expect((await inspect(id)).run.state).toBe('exited');
    await docker.remove(id);
  });
});

if (canRunDockerd()) describe('a real dockerd, beyond the fake', beyondTheFake);

function beyondTheFake(): void {
  let dockerd: PrivateDockerd;
  let docker: DockerPort;
  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage('box');
    docker = openDocker(dockerd.socket);
  }, 60_000);
  afterAll(() => dockerd.stop(), 60_000);

  it('shows what is written in place inside the container at once', async () => {
    const id = await docker.create(request());
    await docker.start(id);
    const observed = await docker.inspect(id);
    updateHostsFile(diskHostsFiles, observed?.hostsPath ?? '', (existing) =>
      renderHosts({ entries: [{ names: ['db'], addresses: ['10.4.1.9'] }], existing, seeds: [] }),
    );
    expect(dockerd.docker('exec', id, 'cat', '/etc/hosts')).toBe(
      readFileSync(observed?.hostsPath ?? '', 'utf8'),
    );
    await docker.remove(id);
  });

  it('takes every field of a spec', async () => {
    const id = await docker.create(
      request({
        entrypoint: [],
        environment: { A: '1' },
        hostname: 'web-1',
        user: '0',
        workingDir: '/tmp',
        ports: [{ target: 80, protocol: 'tcp', published: { from: 28080, to: 28080 } }],
        expose: ['8000-8001/udp'],
        mounts: [
          { type: 'bind', source: dockerd.dir, target: '/b', readOnly: true },
          {
            type: 'bind',
            source: '/usr',
            target: '/c',
            createHostPath: false,
            propagation: 'rprivate',
          },
          { type: 'volume', name: 'v1', target: '/v', noCopy: true, labels: { a: 'b' } },
          { type: 'tmpfs', target: '/t', sizeBytes: 65536, mode: 0o700 },
        ],
        healthcheck: { test: ['CMD', 'true'], intervalMs: 1000, retries: 1, startPeriodMs: 0 },
        stopSignal: 'SIGINT',
        stopGracePeriodMs: 1500,
      }),
    );
    await docker.start(id);
    const observed = await eventually(
      () => docker.inspect(id),
      (it) => it?.run.state === 'running' && it.run.health === 'healthy',
    );
    expect(observed?.stopGraceMs).toBe(2_000);
    const inspect = (format: string): string => dockerd.docker('inspect', '-f', format, id).trim();
    expect(inspect('{{json .Config.Env}}')).toContain('"NAP_HOST=a","A=1"');
    expect(inspect('{{json .Config.ExposedPorts}}')).toBe(
      '{"80/tcp":{},"8000/udp":{},"8001/udp":{}}',
    );
    expect(inspect('{{.HostConfig.RestartPolicy.Name}}')).toBe('no');
    expect(inspect('{{json .HostConfig.PortBindings}}')).toContain('28080');
    await docker.remove(id);
  });

  it('reads the last lines of a program', async () => {
    const id = await docker.create(
      request({ command: ['sh', '-c', 'echo one; echo two >&2; exit 1'] }),
    );
    await docker.start(id);
    await eventually(
      () => docker.lastLines(id, 10),
      (text) => text.includes('two'),
    );
    expect((await docker.lastLines(id, 10)).split('\n').sort()).toEqual(['', 'one', 'two']);
    await docker.remove(id);
  });

  it('says that a registry cannot be reached, naming it', async () => {
    await expect(docker.pull({ image: '127.0.0.1:9/none:1' })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:9') as string,
    });
  });

  it('says which port is taken', async () => {
    const ports: ContainerSpec['ports'] = [
      { target: 80, protocol: 'tcp', published: { from: 28081, to: 28081 } },
    ];
    const first = await docker.create(request({ ports }));
    await docker.start(first);
    const second = await docker.create(request({ ports }));
    await expect(docker.start(second)).rejects.toMatchObject({ details: { port: '28081' } });
    await docker.remove(first);
    await docker.remove(second);
  });

  it('is unavailable, and nothing else, while it is down', async () => {
    const ended = docker.events(
      { onOpen: () => undefined, onEvent: () => undefined },
      { signal: new AbortController().signal },
    );
    await docker.facts();
    await dockerd.halt('SIGTERM');
    await ended.catch((err: unknown) => {
      expect(err).toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
    });
    await expect(docker.list()).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
    await expect(docker.pull({ image: 'box' })).rejects.toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
    });
    await dockerd.boot();
    expect(await docker.list()).toEqual([]);
  }, 60_000);
}
