import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** `stop`, `start` and `restart`, against a real etcd. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('stop, start and restart are revisions that say who asked, and change nothing twice', async () => {
  bed = await CliBed.open('host-a');
  const services = 'web: {image: busybox, depends_on: [db]}, db: {image: busybox}';
  const shop = await bed.file('shop.yml', `{name: shop, services: {${services}}}`);
  await bed.run('apply', shop, '-d');
  const shown = await bed.run('stop', 'shop', 'web', '--plan');
  expect(shown.out).toContain('stop shop.web.1 on host-a: stops, and its container is kept');
  const stopped = await bed.run('stop', 'web', '-t', '3', '-d');
  expect(stopped).toMatchObject({ exit: 0 });
  expect(stopped.err).toMatch(/store shop revision 2[^]*stop shop.web.1 on host-a: .*alice@ops1/);
  const placed = ['get', '--print-value-only', '/nap/v1/placements/host-a/shop.web.1'];
  expect(JSON.parse(await bed.cluster.ctl(placed))).toMatchObject({
    ...{ wanted: 'stopped', stopGraceMs: 3_000 },
    decisions: [{ kind: 'placed' }, { kind: 'stopped', revision: 2 }],
  });
  const again = await bed.run('stop', 'shop', 'web/1', '-d');
  expect(again).toMatchObject({ exit: 0, err: 'web/1: already stopped' });
  expect((await bed.run('history')).out).toMatch(/^2 .* alice@ops1 .* stop web$/m);
  const wrong = await bed.run('stop', 'shop', 'wbe');
  expect(wrong).toMatchObject({ exit: 8 });
  expect(wrong.err).toMatch(/no service wbe in project shop[^]*did you mean "web"/);
  expect(await bed.run('stop', 'shop', 'web/2')).toMatchObject({ exit: 8 });
  expect(await bed.run('stop', '-t', 'soon')).toMatchObject({ exit: 2 });
  const planned = await bed.run('plan', shop);
  expect(planned.out).toContain(
    'start shop.web.1 on host-a: starts again: asked for by alice@ops1',
  );
  const started = await bed.run('start', 'shop', '-m', 'all is well', '-d');
  expect(started.err).toMatch(/store shop revision 3[^]*start shop.web.1 on host-a: starts again/);
  expect((await bed.run('start', 'shop', '-d')).err).toBe('shop: nothing is stopped');
  const one = await bed.run('restart', 'web/1', '--plan');
  expect(one.out).toContain('restart shop.web.1 on host-a: restarts in place');
  expect(one.out).not.toContain('shop.db.1');
  expect(await bed.run('restart', '--parallel', '-1')).toMatchObject({ exit: 2 });
  const all = await bed.run('restart', '--all-at-once', '-d', '--timeout', '1');
  expect(all.err).toContain('restart shop.db.1 on host-a');
});
