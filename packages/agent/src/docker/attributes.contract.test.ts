import { z } from 'zod';
import { instanceId } from '@nap/shared';
import { attributeCases, valueAt } from '../testing/attribute-cases.js';
import { eventually, request } from '../testing/engines.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import type { DockerPort } from './docker-port.js';
import { openDocker } from './dockerode-gateway.js';

/** A real engine shows what it was told, attribute by attribute. */
if (canRunDockerd()) describe('a real dockerd', attributes);
else it('needs root and a dockerd', () => undefined);

function attributes(): void {
  let dockerd: PrivateDockerd;
  let docker: DockerPort;
  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage('box');
    docker = openDocker(dockerd.socket);
  }, 60_000);
  afterAll(() => dockerd.stop(), 60_000);

  const inspect = (id: string): unknown =>
    z.array(z.unknown()).parse(JSON.parse(dockerd.docker('inspect', id)))[0];
  const here = attributeCases.filter(({ notHere }) => notHere === undefined);

  it.each(here.map((it) => [JSON.stringify(it.spec), it] as const))(
    'takes %s',
    async (_name, { spec, at, value }) => {
      const id = await docker.create(request(spec));
      const path = at.startsWith('HostConfig.') ? at : `Config.${at}`;
      expect(valueAt(inspect(id), path)).toEqual(value);
      await docker.remove(id);
    },
  );

  it('runs a container with a great many of them', async () => {
    const id = await docker.create(
      request({
        capDrop: ['NET_RAW'],
        cpus: 0.5,
        devices: [{ source: '/dev/null', target: '/dev/mine', permissions: 'rw' }],
        dns: ['10.0.0.1'],
        groupAdd: ['1001'],
        memoryBytes: 64 << 20,
        mounts: [{ type: 'tmpfs', target: '/t', options: ['uid=7'], mode: 0o700 }],
        oomScoreAdj: 100,
        readOnly: false,
        securityOptions: ['no-new-privileges:true'],
        sysctls: { 'net.core.somaxconn': '512' },
        ulimits: { nofile: { soft: 100, hard: 200 } },
      }),
    );
    await docker.start(id);
    const inside = (...command: readonly string[]): string =>
      dockerd.docker('exec', id, ...command);
    expect(inside('cat', '/proc/sys/net/core/somaxconn')).toBe('512\n');
    expect(inside('grep', ' /t ', '/proc/mounts')).toContain('uid=7');
    expect(inside('cat', '/etc/resolv.conf')).toContain('nameserver 10.0.0.1');
    expect(inside('sh', '-c', 'ulimit -n')).toBe('100\n');
    await docker.remove(id);
  });

  it('runs containers that share a network, processes and volumes with another one', async () => {
    const db = await docker.create(
      request({ mounts: [{ type: 'volume', target: '/data' }], ipc: 'shareable' }),
    );
    await docker.start(db);
    const partner = instanceId('shop.db.1');
    const ref = { instance: partner };
    const id = await docker.create(
      request(
        {
          ...{ network: ref, ipc: ref, pid: ref, volumesFrom: [ref], hostname: 'web-1' },
          ports: [{ target: 80, protocol: 'tcp', published: { from: 80, to: 80 } }],
          extraHosts: ['a:10.0.0.9'],
          dns: ['10.0.0.1'],
        },
        { partners: new Map([[partner, db]]) },
      ),
    );
    await docker.start(id);
    const observed = await docker.inspect(id);
    expect(observed?.partners).toEqual(new Map([[partner, db]]));
    expect(observed?.ip).toBeUndefined();
    const target = await docker.inspect(db);
    expect(observed?.hostsPath).toBe(target?.hostsPath);
    expect(observed?.volumes).toEqual(target?.volumes);
    await docker.remove(id);
    await docker.remove(db);
  });

  it('runs a container on the host’s network with a copy of the host’s hosts file', async () => {
    const id = await docker.create(
      request({ network: 'host', hostname: 'web-1' }, { seeds: ['db:10.4.1.2'] }),
    );
    await docker.start(id);
    const observed = await eventually(
      () => docker.inspect(id),
      (it) => it?.run.state === 'running',
    );
    expect(observed?.ip).toBeUndefined();
    expect(observed?.seeds).toEqual([]);
    expect(dockerd.docker('exec', id, 'cat', '/etc/hosts')).not.toContain('10.4.1.2');
    await docker.remove(id);
  });

  it('keeps the environment out of the address of the call', async () => {
    const spec = { environment: { TOKEN: 'x'.repeat(2 << 20) } };
    // An address of that length is refused by the engine, whatever it asks for.
    const id = await docker.create(request(spec));
    await docker.remove(id);
  });
}
