import {
  hostCheckCodec,
  hostInfoCodec,
  hostSessionCodec,
  instanceId,
  keys,
  nameRecordCodec,
  NapError,
  type NameRecord,
} from '@nap/shared';
import { aPlacement, aRecord, HOST } from './testing/builders.js';
import type { Program } from './testing/fake-docker.js';
import { Stage } from './testing/stage.js';

const db = aPlacement('shop.db.1');
const needsDb = (condition: 'started' | 'healthy' | 'completed' = 'started') => [
  { service: aRecord('shop.db.1').service, condition, required: true, instances: 1 },
];
const web = aPlacement('shop.web.1', { dependencies: needsDb() });

let stage: Stage;
async function begin(program?: Program): Promise<Stage> {
  stage = new Stage(program);
  await stage.start();
  return stage;
}
afterEach(async () => {
  await stage.stop();
});

describe('an agent', () => {
  it('registers its host', async () => {
    await begin();
    const info = await stage.operator.get(keys.hostInfo(HOST));
    expect(hostInfoCodec.decode(info?.value ?? '', '')).toMatchObject({
      address: '10.0.0.1',
      network: 'bridge',
      engineVersion: '20.10.24',
    });
    expect(await stage.operator.get(keys.hostSession(HOST))).toBeDefined();
  });

  it('refuses to be a host that another machine is', async () => {
    stage = new Stage();
    const session = await stage.operator.session({ ttlS: 10 });
    await stage.operator.commit(
      [
        {
          kind: 'put',
          key: keys.hostSession(HOST),
          value: hostSessionCodec.encode({ startedAtMs: 1, machine: 'machine-2' }),
          leased: true,
        },
      ],
      { session },
    );
    await stage.start();
    expect(stage.fatal[0]).toMatchObject({ code: 'BAD_CONFIG' });
  });

  it('starts what is placed, in the order of its dependencies, with names in every hosts file', async () => {
    await begin();
    await stage.place(web, db);
    expect(stage.docker.calls).toEqual([
      'create shop-db-1',
      'start shop-db-1',
      'create shop-web-1',
      'start shop-web-1',
    ]);
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
    expect(await stage.name('shop.db.1')).toMatchObject({ ip: '172.17.0.2', condition: 'ready' });
    for (const name of ['shop-db-1', 'shop-web-1']) {
      expect(stage.docker.hostsFile(name)).toContain('172.17.0.2       db-1 shop-db-1 # nap');
    }
  });

  it('waits for dependencies on other hosts, and says for what', async () => {
    await begin();
    await stage.place(aPlacement('shop.web.1', { dependencies: needsDb('healthy') }));
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'pending' },
      message: 'waits for db to be healthy (0 of 1)',
    });
    await stage.publish(aRecord('shop.db.1', { ip: '10.4.2.2' }));
    expect(stage.docker.running).toEqual(['shop-web-1']);
    expect(stage.docker.hostsFile('shop-web-1')).toContain('10.4.2.2         db # nap');
  });

  it('follows a name that changes elsewhere within the spacing of its hosts loop', async () => {
    await begin();
    await stage.place(aPlacement('shop.web.1'));
    await stage.publish(aRecord('shop.db.1', { ip: '10.4.2.2' }));
    const value = nameRecordCodec.encode(aRecord('shop.db.1', { ip: '10.4.3.3' }));
    await stage.operator.commit([{ kind: 'put', key: keys.name(instanceId('shop.db.1')), value }]);
    await stage.pass(10);
    expect(stage.docker.hostsFile('shop-web-1')).toContain('10.4.3.3         db # nap');
  });

  it('does nothing when there is nothing to do', async () => {
    await begin();
    await stage.place(web, db);
    const { revision } = stage.etcd;
    stage.docker.calls.length = 0;
    await stage.pass(25_000);
    expect(stage.docker.calls).toEqual([]);
    expect(stage.etcd.revision).toBe(revision);
  });

  it('replaces a container whose spec has changed, the new one made first', async () => {
    await begin();
    await stage.place(db);
    stage.docker.calls.length = 0;
    await stage.place(aPlacement('shop.db.1', {}, { environment: { A: '2' } }));
    expect(stage.docker.calls.map((call) => call.replace(/nap-\w+/, 'nap-x'))).toEqual([
      'create shop-db-1.nap-x',
      'stop shop-db-1',
      'remove shop-db-1',
      'rename shop-db-1',
      'start shop-db-1',
    ]);
    expect(stage.docker.names).toEqual(['shop-db-1']);
  });

  it('withdraws a name before it stops the container', async () => {
    await begin();
    await stage.place(db);
    const seen: (NameRecord | undefined)[] = [];
    const stop = stage.docker.stop.bind(stage.docker);
    stage.docker.stop = async (container) => {
      seen.push(await stage.name('shop.db.1'));
      await stop(container);
    };
    await stage.unplace('shop.db.1');
    expect(seen).toEqual([undefined]);
    expect(stage.docker.names).toEqual([]);
    expect(await stage.report('shop.db.1')).toBeUndefined();
  });

  it('removes on request, reports it, and keeps volumes unless told otherwise', async () => {
    await begin();
    const mounts = [{ type: 'volume' as const, name: 'shop_data', target: '/data' }];
    const data = aPlacement('shop.db.1', {}, { mounts });
    await stage.place(data);
    await stage.place({ ...data, wanted: 'removed' });
    expect((await stage.report('shop.db.1'))?.status).toEqual({ state: 'removed' });
    expect(stage.docker.volumes).toContain('shop_data');
    await stage.place(data);
    await stage.place({ ...data, wanted: 'removed', removeVolumes: true });
    expect(stage.docker.volumes).not.toContain('shop_data');
  });

  it('makes no external volume: the instance waits until somebody has made it', async () => {
    await begin();
    const mounts = [{ type: 'volume' as const, name: 'theirs', target: '/data', external: true }];
    const data = aPlacement('shop.db.1', {}, { mounts });
    await stage.place(data);
    await stage.pass(1_000);
    expect(stage.docker.volumes).not.toContain('theirs');
    expect(await stage.report('shop.db.1')).toMatchObject({
      status: { state: 'failed', cause: 'refused' },
      message: expect.stringContaining('external volume theirs is not on this host') as string,
    });
    stage.docker.volumes.add('theirs');
    await stage.pass(60_000);
    expect((await stage.report('shop.db.1'))?.status.state).toBe('running');
  });

  it('drops a volume with the last of the containers that use it', async () => {
    await begin();
    const mounts = [{ type: 'volume' as const, name: 'shop_data', target: '/data' }];
    const both = ['shop.db.1', 'shop.db.2'].map((name) => aPlacement(name, {}, { mounts }));
    await stage.place(...both);
    const [first, second] = both.map(
      (it) => ({ ...it, wanted: 'removed', removeVolumes: true }) as const,
    );
    if (first === undefined || second === undefined) throw new Error('two placements');
    await stage.place(first);
    expect((await stage.report('shop.db.1'))?.status.state).toBe('removed');
    expect(stage.docker.volumes).toContain('shop_data');
    await stage.place(second);
    expect((await stage.report('shop.db.2'))?.status.state).toBe('removed');
    expect(stage.docker.volumes).not.toContain('shop_data');
  });

  it('does not try again and again at once when a removal fails', async () => {
    await begin();
    await stage.place(db);
    for (let at = 0; at < 50; at += 1) {
      stage.docker.failNext('remove', new NapError('DOCKER_REFUSED', 'device or resource busy'));
    }
    stage.docker.calls.length = 0;
    await stage.unplace('shop.db.1');
    await stage.pass(30_000);
    expect(stage.docker.calls.filter((call) => call.startsWith('remove')).length).toBeLessThan(8);
  });

  it('never touches a container that is not nap’s', async () => {
    await begin();
    stage.docker.addForeign('shop-db-1');
    await stage.place(db);
    await stage.unplace('shop.db.1');
    expect(stage.docker.names).toEqual(['shop-db-1']);
  });

  it('says what has its name, and starts once it is free', async () => {
    await begin();
    const id = stage.docker.addForeign('shop-db-1');
    await stage.place(db);
    expect(await stage.report('shop.db.1')).toMatchObject({
      status: { state: 'failed', cause: 'name-taken' },
    });
    await stage.docker.remove(id);
    await stage.pass();
    expect(stage.docker.running).toEqual(['shop-db-1']);
  });

  it('keeps an unhealthy instance out of the ready ones', async () => {
    await begin();
    const healthcheck = { test: ['CMD', 'true'] };
    await stage.place(aPlacement('shop.db.1', {}, { healthcheck }));
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'started' });
    stage.docker.setHealth('shop-db-1', 'healthy');
    await stage.pass();
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'ready' });
    stage.docker.setHealth('shop-db-1', 'unhealthy');
    await stage.pass();
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'started' });
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({ health: 'unhealthy' });
  });
});

describe('a program that ends', () => {
  it('with code 0 and no restart has completed, and is not run again', async () => {
    await begin(() => ({ exitCode: 0 }));
    const job = aPlacement('shop.db.1', {}, { restart: { condition: 'no' } });
    await stage.place(job, aPlacement('shop.web.1', { dependencies: needsDb('completed') }));
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({ state: 'completed' });
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'completed' });
    expect(stage.docker.calls).toContain('start shop-web-1');
    await stage.docker.remove('shop-db-1');
    await stage.pass(60_000);
    expect(stage.docker.calls.filter((call) => call === 'start shop-db-1')).toHaveLength(1);
  });

  it('is part of a project whose names are verified all the same', async () => {
    await begin(() => ({ exitCode: 0 }));
    await stage.place(aPlacement('shop.db.1', {}, { restart: { condition: 'no' } }));
    await stage.pass(5_000);
    const entry = await stage.operator.get(keys.check(HOST));
    expect(hostCheckCodec.decode(entry?.value ?? '', '').projects).toMatchObject({
      shop: { containers: 0 },
    });
  });

  it('with another code and no restart has failed, with its last words', async () => {
    await begin(() => ({ exitCode: 3 }));
    await stage.place(aPlacement('shop.db.1', {}, { restart: { condition: 'no' } }));
    expect(await stage.report('shop.db.1')).toMatchObject({
      status: { state: 'failed', cause: 'exited', exitCode: 3 },
      message: expect.stringContaining('last words') as string,
    });
    expect(stage.docker.calls).toEqual(['create shop-db-1', 'start shop-db-1']);
  });

  it('is started again later and later', async () => {
    await begin(() => ({ exitCode: 1 }));
    await stage.place(db);
    const starts = (): number =>
      stage.docker.calls.filter((call) => call.startsWith('start')).length;
    await stage.pass(57_000);
    const early = starts();
    expect(early).toBeGreaterThanOrEqual(5);
    expect(early).toBeLessThanOrEqual(7);
    await stage.pass(60_000);
    expect(starts() - early).toBeLessThanOrEqual(2);
  });

  it('is tried as often as its policy says', async () => {
    await begin(() => ({ exitCode: 1 }));
    const restart = { condition: 'on-failure', maxAttempts: 2 } as const;
    await stage.place(aPlacement('shop.db.1', {}, { restart }));
    await stage.pass(300_000);
    expect(stage.docker.calls.filter((call) => call.startsWith('start'))).toHaveLength(3);
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({ state: 'failed' });
  });

  it('comes back after docker stop and docker rm, whatever its policy', async () => {
    await begin();
    await stage.place(aPlacement('shop.db.1', {}, { restart: { condition: 'no' } }));
    await stage.docker.stop('shop-db-1');
    await stage.pass();
    expect(stage.docker.running).toEqual(['shop-db-1']);
    await stage.docker.remove('shop-db-1');
    await stage.pass();
    expect(stage.docker.running).toEqual(['shop-db-1']);
  });
});
