import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** Kept revisions, against a real etcd: listed, brought back. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('history, rollback and plan --exit-code tell of revisions, and go back to one', async () => {
  bed = await CliBed.open('host-a');
  const plan = ['plan', '-f', '-', '-p', 'shop'];
  expect(await bed.run(...plan)).toMatchObject({ exit: 0 });
  expect(await bed.run(...plan, '--exit-code')).toMatchObject({ exit: 9 });
  await bed.run('apply', '-f', '-', '-p', 'shop', '-d', '-m', 'the first');
  expect(await bed.run(...plan, '--exit-code')).toMatchObject({ exit: 0 });
  expect(await bed.run('rollback')).toMatchObject({ exit: 8 });
  await bed.run('scale', 'web=2', '-d');
  const stores = 'store shop revision 3: replaces revision 2 by what revision 1 was';
  const shown = await bed.run('rollback', '--plan');
  expect(shown).toMatchObject({ exit: 0, out: expect.stringContaining(stores) as string });
  expect((await bed.run('history')).out).toMatch(/^2 .* current[^]*^1 .* the first$/m);
  const back = await bed.run('rollback', '1', '-p', 'shop', '-d');
  expect(back).toMatchObject({ exit: 0, err: expect.stringContaining(stores) as string });
  expect(back.err).toContain('remove shop.web.2 from host-a');
  expect((await bed.run('history')).out).toMatch(/^3 .* current, back to 1$/m);
  const again = await bed.run('rollback', '1', '-d');
  expect(again.err).toBe('shop: nothing to change, it is what revision 1 was');
  expect((await bed.run('rollback', '7')).err).toContain('there are: 1, 2, 3');
  expect(await bed.run('rollback', 'last')).toMatchObject({ exit: 2 });
  await bed.cluster.ctl(['put', '/nap/v1/projects/shop/history/00000002', '{"v":2}']);
  const over = await bed.run('rollback', '--plan', '1');
  expect(over.err).toMatch(/^note: .*a kept revision of shop/);
  expect(await bed.run('history', '-p', 'blog')).toMatchObject({ exit: 8 });
});

it('rollback says once what it does where containers are replaced', async () => {
  bed = await CliBed.open('host-a');
  const of = (image: string): Promise<string> =>
    bed.file('shop.yml', `{name: shop, services: {web: {image: ${image}}}}`);
  await bed.run('apply', await of('web:1'), '-d');
  await bed.run('apply', await of('web:2'), '-d');
  // Nobody starts anything here: it is waited for in vain.
  const { exit, err } = await bed.run('rollback', '--timeout', '1');
  expect(exit).toBe(7);
  expect(err.match(/^store shop revision 3/gm)).toHaveLength(1);
  expect(err.match(/^recreate shop\.web\.1 /gm)).toHaveLength(1);
  expect(err).toMatch(/^rollout of shop: begins, of revision 3/m);
  expect(err).not.toContain('meanwhile');
});

it('rollback finds again what a config of a kept revision held', async () => {
  bed = await CliBed.open('host-a');
  const motd = (text: string): Promise<string> =>
    bed.file(
      'shop.yml',
      `{name: shop, services: {web: {image: busybox, configs: [motd]}}, configs: {motd: {content: ${text}}}}`,
    );
  const held = (): Promise<string> =>
    bed.cluster.ctl(['get', '--prefix', '--print-value-only', '/nap/v1/files/host-a/']);
  expect(await bed.run('apply', await motd('before'), '-d')).toMatchObject({ exit: 0 });
  const before = await held();
  expect(before).toContain(Buffer.from('before').toString('base64'));
  await bed.run('apply', await motd('after'), '-d');
  expect(await held()).toContain(Buffer.from('after').toString('base64'));
  await rm(join(bed.directory, 'shop.yml'));
  expect(await bed.run('rollback', '-d')).toMatchObject({ exit: 0 });
  expect(await held()).toContain(Buffer.from('before').toString('base64'));
});
