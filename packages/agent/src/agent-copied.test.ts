import { hostSessionCodec, keys } from '@nap/shared';
import type { Session } from '@nap/shared/store';
import { aPlacement, aRecord, HOST } from './testing/builders.js';
import { Stage } from './testing/stage.js';

/** Two machines that cannot be told apart, as one is a copy of the other: same host name, same machine id, same disk. */

const web = aPlacement('shop.web.1');

let stage: Stage;
let other: Session | undefined;
beforeEach(() => {
  stage = new Stage();
  other = undefined;
});
afterEach(async () => {
  await other?.close();
  await stage.stop();
});

/** The agent of the other machine registers, and lives. */
async function otherRegisters(): Promise<Session> {
  const session = await stage.operator.session({ ttlS: 10 });
  other = session;
  const { leaseId: lease } = session;
  const value = hostSessionCodec.encode({ startedAtMs: 1, machine: stage.machine, lease });
  const key = keys.hostSession(HOST);
  await stage.operator.commit([{ kind: 'put', key, value, leased: true }], { session });
  return session;
}

describe('a copy of a machine whose agent lives', () => {
  it('starts nothing, and neither tells nor takes back anything', async () => {
    await otherRegisters();
    await stage.place(web);
    await stage.publish(aRecord('shop.web.1', { host: HOST }));
    await stage.start();
    await stage.pass(60_000);
    expect(stage.docker.calls).toEqual([]);
    expect(stage.fatal).toEqual([]);
    expect(await stage.report('shop.web.1')).toBeUndefined();
    expect(await stage.name('shop.web.1')).toMatchObject({ condition: 'ready' });
    expect(await stage.operator.get(keys.hostInfo(HOST))).toBeUndefined();
  });

  it('takes its place when that is gone', async () => {
    const session = await otherRegisters();
    await stage.place(web);
    await stage.start();
    await session.close();
    await stage.pass();
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('stops nothing that runs, also where it was the first and was cut off', async () => {
    await stage.start();
    await stage.place(web);
    stage.store.disconnect();
    await stage.pass(15_000);
    await otherRegisters();
    stage.docker.calls.length = 0;
    stage.store.reconnect();
    await stage.unplace('shop.web.1');
    await stage.pass(60_000);
    expect(stage.docker.calls).toEqual([]);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });
});

describe('an agent that finds its own former session', () => {
  it('goes on at once when only it was started again', async () => {
    await stage.start();
    await stage.place(web);
    await stage.kill();
    await stage.docker.remove('shop-web-1');
    await stage.start();
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('goes on after a reboot as soon as nobody has renewed it for some seconds', async () => {
    await stage.start();
    await stage.place(web);
    stage.docker.halt('crashed');
    await stage.kill();
    for (const path of [...stage.disk.keys()])
      if (path.startsWith('/run/')) stage.disk.delete(path);
    stage.docker.boot();
    await stage.start();
    await stage.pass(4_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('goes on at once where an older agent wrote it', async () => {
    const session = await stage.operator.session({ ttlS: 10 });
    other = session;
    const value = hostSessionCodec.encode({ startedAtMs: 1, machine: stage.machine });
    const key = keys.hostSession(HOST);
    await stage.operator.commit([{ kind: 'put', key, value, leased: true }], { session });
    await stage.place(web);
    await stage.start();
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });
});

it('an agent starts nothing while another machine is its host', async () => {
  const session = await stage.operator.session({ ttlS: 10 });
  other = session;
  const value = hostSessionCodec.encode({ startedAtMs: 1, machine: 'machine-2', lease: 'x' });
  const key = keys.hostSession(HOST);
  await stage.operator.commit([{ kind: 'put', key, value, leased: true }], { session });
  await stage.place(web);
  await stage.start();
  expect(stage.fatal[0]).toMatchObject({ code: 'BAD_CONFIG' });
  expect(stage.docker.calls).toEqual([]);
});
