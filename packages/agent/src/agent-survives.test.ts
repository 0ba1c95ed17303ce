import { hostCheckCodec, hostId, keys, NapError } from '@nap/shared';
import { aPlacement, aRecord, HOST } from './testing/builders.js';
import type { Program } from './testing/fake-docker.js';
import { Stage } from './testing/stage.js';

const db = aPlacement('shop.db.1');
const web = aPlacement('shop.web.1', {
  dependencies: [
    { service: aRecord('shop.db.1').service, condition: 'started', required: true, instances: 1 },
  ],
});

let stage: Stage;
async function begin(program?: Program): Promise<Stage> {
  stage = new Stage(program);
  await stage.start();
  return stage;
}
afterEach(async () => {
  await stage.stop();
});

describe('an agent survives', () => {
  it('its own death: nothing is restarted and no name is lost', async () => {
    await begin();
    await stage.place(web, db);
    stage.docker.calls.length = 0;
    await stage.kill();
    await stage.pass(2_000);
    await stage.start();
    await stage.pass(30_000);
    expect(stage.docker.calls).toEqual([]);
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'ready' });
    expect(await stage.operator.get(keys.hostSession(HOST))).toBeDefined();
  });

  it('its own death also when the engine answers slowly: no name is withdrawn in between', async () => {
    await begin();
    await stage.place(web, db);
    await stage.kill();
    const gone: string[] = [];
    stage.etcd.watch((changes) => {
      for (const [key, entry] of changes) if (entry === undefined) gone.push(key);
    });
    stage.docker.slow('list', 2_000);
    stage.docker.slow('inspect', 500);
    await stage.start();
    expect(stage.docker.hostsFile('shop-web-1')).toContain('172.17.0.2       db # nap');
    await stage.pass(30_000);
    expect(gone).toEqual([]);
  });

  it('etcd being away: what is known is kept running, and nothing is removed', async () => {
    await begin();
    await stage.place(web, db);
    stage.store.disconnect();
    await stage.unplace('shop.web.1');
    await stage.docker.remove('shop-db-1');
    await stage.pass();
    expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-web-1']);
    stage.store.reconnect();
    await stage.pass(10_000);
    expect(stage.docker.running).toEqual(['shop-db-1']);
  });

  it('a reboot without etcd: it starts, in order, what it remembers', async () => {
    await begin();
    await stage.place(web, db);
    await stage.pass(5_000);
    stage.docker.halt('crashed');
    await stage.kill();
    await stage.pass(60_000);
    stage.docker.boot();
    stage.docker.calls.length = 0;
    stage.store.disconnect();
    await stage.start();
    await stage.pass(10_000);
    expect(stage.docker.calls).toEqual(['start shop-db-1', 'start shop-web-1']);
  });

  it('a loss of power with other hosts: it waits for a sign of life of those that it depends on', async () => {
    await begin();
    const other = aRecord('shop.db.1', { host: hostId('host-z') });
    await stage.publish(other);
    await stage.place(web);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    const lose = async (): Promise<void> => {
      stage.docker.halt('crashed');
      await stage.kill();
      stage.docker.boot();
      await stage.start();
    };
    await lose();
    expect(stage.docker.running).toEqual([]);
    expect((await stage.report('shop.web.1'))?.message).toContain(
      'a sign of life of the hosts of db',
    );
    // Put again by an agent that lives.
    await stage.publish(other);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    await lose();
    expect(stage.docker.running).toEqual([]);
    // Or it outlives the lease of a host that would be gone.
    await stage.pass(10_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('the engine alone being restarted: what others have told for long is believed at once', async () => {
    await begin();
    await stage.publish(aRecord('shop.db.1', { host: hostId('host-z') }));
    await stage.place(web);
    await stage.pass(20_000);
    stage.docker.halt('crashed');
    stage.docker.boot();
    await stage.pass(4_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('a wiped etcd: it tells everything again once the projects are applied again', async () => {
    await begin();
    await stage.place(db);
    stage.etcd.wipe();
    await stage.pass(30_000);
    expect(await stage.report('shop.db.1')).toBeUndefined();
    await stage.place(db);
    await stage.pass(5_000);
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({ state: 'running' });
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'ready' });
    expect(await stage.operator.get(keys.check(HOST))).toBeDefined();
  });

  it('an etcd that was restored from a backup: it tells again what is true now', async () => {
    await begin();
    await stage.place(web);
    const backup = stage.etcd.backup();
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'pending' });
    await stage.publish(aRecord('shop.db.1', { host: hostId('host-z') }));
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
    stage.etcd.restore(backup);
    await stage.pass(40_000);
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
    expect(await stage.name('shop.web.1')).toMatchObject({ condition: 'ready' });
  });

  describe('an etcd that was restored from a backup which does not know a placement', () => {
    const problems = async (): Promise<readonly string[]> => {
      const entry = await stage.operator.get(keys.check(HOST));
      const all = entry === undefined ? [] : hostCheckCodec.decode(entry.value, entry.key).problems;
      return all.filter((sentence) => sentence.includes('container shop-'));
    };
    const lose = async (): Promise<void> => {
      await begin();
      await stage.place(db);
      const backup = stage.etcd.backup();
      await stage.place(web);
      stage.etcd.restore(backup);
      await stage.pass(40_000);
    };

    it('its container runs on, also after a restart of the agent, and the host says so', async () => {
      await lose();
      expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-web-1']);
      await stage.kill();
      await stage.start();
      await stage.pass(40_000);
      expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-web-1']);
      expect(await problems()).toEqual([
        expect.stringMatching(/restored from a backup that does not know container shop-web-1/),
      ]);
    });

    it('its container is kept when it is applied again, and goes when it is removed after that', async () => {
      await lose();
      stage.docker.calls.length = 0;
      await stage.place(web);
      await stage.pass(40_000);
      expect(stage.docker.calls).toEqual([]);
      expect(await problems()).toEqual([]);
      await stage.unplace('shop.web.1');
      await stage.pass(15_000);
      expect(stage.docker.running).toEqual(['shop-db-1']);
    });

    it('its container goes when another host runs the instance', async () => {
      await lose();
      await stage.publish(aRecord('shop.web.1', { host: hostId('host-z') }));
      await stage.pass(15_000);
      expect(stage.docker.running).toEqual(['shop-db-1']);
    });

    it('what is removed on purpose afterwards goes as ever', async () => {
      await lose();
      await stage.unplace('shop.db.1');
      await stage.pass(15_000);
      expect(stage.docker.running).toEqual(['shop-web-1']);
    });

    it('what must not run twice is given up: the backup may have it elsewhere', async () => {
      await begin();
      await stage.place(db);
      const backup = stage.etcd.backup();
      await stage.place(aPlacement('shop.web.1', { stopAfterMs: 60_000 }));
      stage.etcd.restore(backup);
      await stage.pass(40_000);
      expect(stage.docker.running).toEqual(['shop-db-1']);
    });
  });

  it('another name: it neither starts nor removes what the host was to run under the former one', async () => {
    await begin();
    const single = aPlacement('shop.single.1', { stopAfterMs: 10_000 });
    await stage.place(web, db, single);
    await stage.kill();
    await stage.docker.stop('shop-web-1');
    stage.host = hostId('other');
    stage.docker.calls.length = 0;
    await stage.start();
    await stage.pass(60_000);
    // What must not run twice may run elsewhere by now.
    expect(stage.docker.calls).toEqual(['stop shop-single-1']);
    expect([...stage.docker.names].sort()).toEqual(['shop-db-1', 'shop-single-1', 'shop-web-1']);
    expect(stage.docker.running).toEqual(['shop-db-1']);
  });

  it('a wiped etcd: what must not run twice is stopped, and runs again where it is placed', async () => {
    await begin();
    const single = aPlacement('shop.single.1', { stopAfterMs: 10_000 });
    await stage.place(db, single);
    stage.etcd.wipe();
    await stage.pass(8_000);
    expect(stage.docker.running).toHaveLength(2);
    await stage.pass(5_000);
    expect(stage.docker.running).toEqual(['shop-db-1']);
    await stage.place(db, single);
    await stage.pass(5_000);
    expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-single-1']);
  });

  it('a wiped etcd: containers run on', async () => {
    await begin();
    await stage.place(web, db);
    stage.etcd.wipe();
    await stage.pass(60_000);
    expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-web-1']);
    expect(stage.docker.hostsFile('shop-web-1')).toContain('db # nap');
  });

  it.each(['stopped', 'crashed'] as const)('an engine that was %s', async (how) => {
    await begin();
    await stage.place(web, db);
    stage.docker.halt(how);
    await stage.pass(2_000);
    stage.docker.boot();
    await stage.pass(10_000);
    expect([...stage.docker.running].sort()).toEqual(['shop-db-1', 'shop-web-1']);
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({ state: 'running' });
  });

  it.each([
    ['the clock having been set back, so that nothing seems to have been interrupted', -3_600_000],
    ['a clock that begins in the past', -50 * 365 * 86_400_000],
  ])('a shutdown at which programs end with 0: they come back. %s', async (_what, byMs) => {
    await begin();
    const job = aPlacement('shop.job.1', {}, { restart: { condition: 'no' } });
    const flaky = aPlacement('shop.flaky.1', {}, { restart: { condition: 'on-failure' } });
    await stage.place(job, flaky);
    stage.clock.setWallClock(stage.clock.nowMs() + byMs);
    await stage.pass(60_000);
    await stage.kill();
    stage.docker.halt('crashed', 0);
    await stage.pass(60_000);
    stage.docker.boot();
    await stage.start();
    await stage.pass(10_000);
    expect([...stage.docker.running].sort()).toEqual(['shop-flaky-1', 'shop-job-1']);
    // What ends by itself from then on has ended.
    stage.docker.exit('shop-job-1', 0);
    await stage.pass();
    expect((await stage.report('shop.job.1'))?.status).toMatchObject({ state: 'completed' });
  });

  it('a step that fails because of the engine, without blaming the instance', async () => {
    await begin();
    stage.docker.failNext('start', new NapError('DOCKER_UNAVAILABLE', 'gone'));
    await stage.place(db);
    expect(stage.docker.running).toEqual(['shop-db-1']);
    stage.docker.failNext(
      'start',
      new NapError('DOCKER_REFUSED', 'port', { details: { port: '80' } }),
    );
    await stage.docker.stop('shop-db-1');
    await stage.pass(1_100);
    expect((await stage.report('shop.db.1'))?.status).toMatchObject({
      state: 'failed',
      cause: 'port-taken',
    });
    await stage.pass(5_000);
    expect(stage.docker.running).toEqual(['shop-db-1']);
  });

  it('the loss of its lease: it registers and publishes anew', async () => {
    await begin();
    await stage.place(db);
    stage.store.disconnect();
    await stage.pass(30_000);
    expect(await stage.name('shop.db.1')).toBeUndefined();
    stage.store.reconnect();
    await stage.pass(10_000);
    expect(await stage.name('shop.db.1')).toMatchObject({ condition: 'ready' });
    expect(await stage.operator.get(keys.hostSession(HOST))).toBeDefined();
  });

  it('a hand-edited hosts file', async () => {
    await begin();
    await stage.place(db);
    for (const path of stage.docker.files.keys())
      stage.docker.files.set(path, '127.0.0.1 localhost\n');
    await stage.pass(40_000);
    expect(stage.docker.hostsFile('shop-db-1')).toContain('shop-db-1 # nap');
  });
});
