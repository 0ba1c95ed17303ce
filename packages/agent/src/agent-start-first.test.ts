import { hostId, type ContainerSpec, type Placement } from '@nap/shared';
import { aPlacement, aRecord } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const OTHER = hostId('b');
const READY_AFTER_MS = 4_000;
const startFirst: Partial<Placement> = { startFirst: { readyAfterMs: READY_AFTER_MS } };

const web = (version: string, over: Partial<Placement> = startFirst): Placement => {
  const spec: Partial<ContainerSpec> = { environment: { V: version }, drainMs: 1_000 };
  return aPlacement('shop.web.1', over, spec);
};

let stage: Stage;
/** Calls since the last look. */
let seen = 0;
function calls(): readonly string[] {
  const news = stage.docker.calls.slice(seen);
  seen = stage.docker.calls.length;
  return news;
}

/** The second version ends at once where `isBad`. */
async function begin(isBad = false): Promise<void> {
  seen = 0;
  stage = new Stage(({ body }) =>
    isBad && body.Env.includes('V=2') ? { exitCode: 1 } : undefined,
  );
  stage.disk.set('/subnet.env', 'FLANNEL_SUBNET=10.4.1.1/24\nFLANNEL_MTU=1450\n');
  await stage.start();
}
beforeEach(() => begin());
afterEach(() => stage.stop());

describe('start-first', () => {
  const temporary = `shop-web-1.nap-${web('2').specHash.slice(3, 11)}`;

  it('lets the old one answer until the new one is well, and drains it before it stops', async () => {
    await stage.place(web('1'));
    const old = await stage.name('shop.web.1');
    calls();
    await stage.place(web('2'));
    expect(await stage.name('shop.web.1')).toEqual(old);
    await stage.pass(READY_AFTER_MS - 3_000 + 500);
    // It has run for long enough by now, and the old one has its last second.
    expect(calls()).toEqual([`create ${temporary}`, `start ${temporary}`]);
    const next = await stage.name('shop.web.1');
    expect(next).toMatchObject({ condition: 'ready', specHash: web('2').specHash });
    expect(next?.ip).not.toBe(old?.ip);
    await stage.pass(5_000);
    expect(calls()).toEqual(['stop shop-web-1', 'remove shop-web-1', 'rename shop-web-1']);
    expect(stage.docker.names).toEqual(['shop-web-1']);
    expect(await stage.name('shop.web.1')).toEqual(next);
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
  });

  it('keeps the old one while the new one fails, and goes back to it at once', async () => {
    await stage.stop();
    await begin(true);
    await stage.place(web('1'));
    const old = await stage.name('shop.web.1');
    await stage.place(web('2'));
    await stage.pass(60_000);
    expect(await stage.name('shop.web.1')).toEqual(old);
    expect(await stage.report('shop.web.1')).toMatchObject({
      status: { state: 'failed', cause: 'exited' },
      specHash: web('2').specHash,
      message: expect.stringMatching(
        /^an older container still runs; its replacement: .*1/,
      ) as unknown,
    });
    calls();
    await stage.place(web('1'));
    await stage.pass(5_000);
    expect(calls()).toEqual([`remove ${temporary}`]);
    expect(await stage.name('shop.web.1')).toEqual(old);
    expect((await stage.report('shop.web.1'))?.status).toMatchObject({ state: 'running' });
  });

  it('waits for the health check of the new one', async () => {
    const checked = (version: string): Placement =>
      aPlacement('shop.web.1', startFirst, {
        environment: { V: version },
        healthcheck: { test: ['CMD', 'true'] },
      });
    const name = `shop-web-1.nap-${checked('2').specHash.slice(3, 11)}`;
    await stage.place(checked('1'));
    stage.docker.setHealth('shop-web-1', 'healthy');
    await stage.place(checked('2'));
    await stage.pass(60_000);
    expect(stage.docker.names).toEqual(['shop-web-1', name]);
    stage.docker.setHealth(name, 'unhealthy');
    await stage.pass(5_000);
    expect((await stage.report('shop.web.1'))?.message).toBe(
      'an older container still runs; its replacement: runs, and its health check fails',
    );
    stage.docker.setHealth(name, 'healthy');
    await stage.pass(5_000);
    expect(stage.docker.names).toEqual(['shop-web-1']);
    expect(await stage.name('shop.web.1')).toMatchObject({ specHash: checked('2').specHash });
  });

  it('is not for what hands anonymous volumes down', async () => {
    const data = (version: string): Placement =>
      aPlacement('shop.web.1', startFirst, {
        environment: { V: version },
        mounts: [{ type: 'volume', target: '/data' }],
      });
    await stage.place(data('1'));
    calls();
    await stage.place(data('2'));
    await stage.pass(5_000);
    const name = `shop-web-1.nap-${data('2').specHash.slice(3, 11)}`;
    expect(calls()).toEqual([
      `create ${name}`,
      'stop shop-web-1',
      'remove shop-web-1',
      'rename shop-web-1',
      'start shop-web-1',
    ]);
  });
});

describe('a move', () => {
  it('is told of by the new host only when its container is well', async () => {
    await stage.publish(aRecord('shop.web.1'));
    await stage.place(web('1', { ...startFirst, takesOverFrom: OTHER }));
    expect(await stage.name('shop.web.1')).toMatchObject({ host: OTHER });
    await stage.pass(READY_AFTER_MS);
    expect(await stage.name('shop.web.1')).toMatchObject({ host: 'a', condition: 'ready' });
  });

  it('leaves the old host without a word once the new one has it', async () => {
    await stage.place(web('1'));
    const report = await stage.report('shop.web.1');
    await stage.place(web('1', { yieldsTo: OTHER }));
    expect(await stage.name('shop.web.1')).toMatchObject({ host: 'a' });
    const theirs = aRecord('shop.web.1');
    await stage.publish(theirs);
    await stage.pass(60_000);
    expect(await stage.name('shop.web.1')).toEqual(theirs);
    expect(await stage.report('shop.web.1')).toEqual(report);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    await stage.unplace('shop.web.1');
    await stage.pass(5_000);
    expect(stage.docker.names).toEqual([]);
    expect(await stage.name('shop.web.1')).toEqual(theirs);
  });

  it('of what must not run twice is told of when it is gone', async () => {
    await stage.place(web('1'));
    await stage.place(web('1', { wanted: 'removed', yieldsTo: OTHER }));
    await stage.pass(5_000);
    expect(stage.docker.names).toEqual([]);
    expect(await stage.name('shop.web.1')).toBeUndefined();
    expect(await stage.report('shop.web.1')).toMatchObject({ status: { state: 'removed' } });
  });

  it('does not run one container beside another on the new host', async () => {
    await stage.publish(aRecord('shop.web.1'));
    const takesOver = { ...startFirst, takesOverFrom: OTHER };
    await stage.place(web('1', takesOver));
    calls();
    await stage.place(web('2', takesOver));
    await stage.pass(15_000);
    expect(calls().map((call) => call.split(' ')[0])).toEqual([
      ...['create', 'stop', 'remove', 'rename', 'start'],
    ]);
  });
});
