import { jest } from '@jest/globals';
import { unwatchedText } from '../output/held-view.js';
import { CliBed } from '../testing/cli-bed.js';

/** What `apply` is asked for beside the files, against a real etcd. */

jest.setTimeout(60_000);

const UNWATCHED = `note: ${unwatchedText('shop')}`;

let bed: CliBed;
afterEach(() => bed.close());

it('apply says that a message is not kept where no revision is made', async () => {
  bed = await CliBed.open('host-a');
  const apply = ['apply', '-f', '-', '-p', 'shop', '-d'];
  expect((await bed.run(...apply, '-m', 'one', '-m', 'two')).err).not.toContain('message');
  const again = await bed.run(...apply, '-m', 'three');
  expect(again.err).toContain('note: no new revision, so the message is not kept');
  const { out } = await bed.run('history', '--format', 'json');
  expect(JSON.parse(out)).toMatchObject([{ revision: 1, message: 'one\ntwo' }]);
  expect((await bed.run(...apply, '-m', ' ')).err).toBe('shop: nothing to change');
});

it('apply recreates on request what did not change, once, and keeps what left the file where it is asked to', async () => {
  bed = await CliBed.open('host-a');
  const web = '{name: shop, services: {web: {image: busybox}, db: {image: busybox}}}';
  const shop = await bed.file('shop.yml', web);
  await bed.run('apply', shop, '-d');
  const shown = await bed.run('plan', shop, '--recreate', 'web');
  expect(shown.out).toContain('~ recreate shop.web.1 on host-a: recreated on request');
  const forced = await bed.run('apply', shop, '--recreate', 'web', '-d');
  expect(forced.err).toContain('recreate shop.web.1 on host-a: recreated on request\n');
  expect((await bed.run('apply', shop, '-d')).err).toBe(`shop: nothing to change\n${UNWATCHED}`);
  const all = await bed.run('apply', '--force-recreate', shop, '-d');
  expect(all.err.match(/recreated on request/g)).toHaveLength(2);
  expect((await bed.run('rollback', '1', '-d')).err).toContain('nothing to change');
  expect(await bed.run('apply', shop, '--recreate', 'api')).toMatchObject({ exit: 8 });
  const part = await bed.file('part.yml', '{name: shop, services: {web: {image: busybox}}}');
  const kept = await bed.run('apply', part, '--no-prune', '-d');
  expect(kept.err).toBe(
    `note: db is no longer in the file, and stays (--no-prune)\nshop: nothing to change\n${UNWATCHED}`,
  );
  const pruned = await bed.run('apply', part, '--remove-orphans', '-d');
  expect(pruned.err).toContain('remove shop.db.1 from host-a');
});

it('apply --pull asks every agent once, or stands in for the policy of the files', async () => {
  bed = await CliBed.open('host-a');
  const shop = await bed.file('shop.yml', '{name: shop, services: {web: {image: busybox}}}');
  await bed.run('apply', shop, '-d');
  const asked = await bed.run('apply', shop, '--pull', 'always', '-d');
  expect(asked.err).toContain('update shop.web.1 on host-a: looks for a newer image');
  expect((await bed.run('apply', shop, '-d')).err).toBe(`shop: nothing to change\n${UNWATCHED}`);
  const placed = (): Promise<string> =>
    bed.cluster.ctl(['get', '--print-value-only', '/nap/v1/placements/host-a/shop.web.1']);
  expect(JSON.parse(await placed())).toMatchObject({ refresh: 1 });
  const waiting = await bed.run('ps', '--format', '{{.State}}');
  expect(waiting.out).toBe('waiting');
  const never = await bed.run('plan', shop, '--pull', 'never');
  expect(never.out).toContain('pull_policy: added never');
});

it('apply --pull says which instances run on because their hosts could not look, and ends with 7', async () => {
  bed = await CliBed.open('host-a');
  const shop = await bed.file('shop.yml', '{name: shop, services: {web: {image: busybox}}}');
  await bed.run('apply', shop, '-d');
  const placed = ['get', '--print-value-only', '/nap/v1/placements/host-a/shop.web.1'];
  const { specHash } = JSON.parse(await bed.cluster.ctl(placed)) as { specHash: string };
  const report = {
    ...{ v: 1, instance: 'shop.web.1', host: 'host-a', specHash, restarts: 0, atMs: 1 },
    status: { state: 'running', health: 'healthy', startedAtMs: 1 },
    refresh: { asked: 1, state: 'failed' },
    message: 'runs on, and no newer image was found: no route to registry.lab',
  };
  await bed.cluster.ctl(['put', '/nap/v1/reports/shop/shop.web.1', JSON.stringify(report)]);
  const looked = await bed.run('apply', shop, '--pull', 'always', '--timeout', '20');
  expect(looked.exit).toBe(7);
  expect(looked.err).toContain(
    '1 instance of shop could not look for a newer image, and runs on with the old one',
  );
  expect(looked.err).toContain('no route to registry.lab');
  expect(await bed.run('apply', shop, '--timeout', '20')).toMatchObject({ exit: 0 });
});
