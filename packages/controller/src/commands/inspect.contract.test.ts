import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** `ls` and `inspect`, against a real etcd. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('ls and inspect show what was applied, and inspect says where to look for what is none', async () => {
  bed = await CliBed.open('host-a');
  await bed.run('apply', '-f', '-', '-p', 'shop', '-d');
  expect((await bed.run('ls')).out).toMatch(/^shop +1 +1 +0\/1 +working/m);
  expect((await bed.run('ls', '--format', '{{.Name}} {{.State}}')).out).toBe('shop working');
  expect((await bed.run('inspect', 'shop-web-1')).out).toMatch(/placed +host-a +spread/);
  expect((await bed.run('inspect', 'shop.web.1', '--format', 'json')).out).toContain(
    '"NAP_PROJECT": "(not shown)"',
  );
  const missing = await bed.run('inspect', 'shop.db.1');
  expect(missing).toMatchObject({ exit: 8, err: expect.stringContaining('ps lists') as string });
  expect(await bed.run('inspect')).toMatchObject({ exit: 2 });
  expect(await bed.run('ls', '--format', 'xml')).toMatchObject({ exit: 2 });
});
