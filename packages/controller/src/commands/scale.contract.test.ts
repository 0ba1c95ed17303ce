import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** The number of instances, changed by hand. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('scale makes a new revision of what was applied, and plans with the strategy that it is given', async () => {
  bed = await CliBed.open('host-a', 'host-b');
  await bed.run('apply', '-f', '-', '-p', 'shop', '-d');
  const scaled = await bed.run('scale', 'web=3', '--strategy', 'binpack', '-d');
  expect(scaled.exit).toBe(0);
  expect(scaled.err).toMatch(
    /store shop revision 2[^]*place shop.web.3 on host-a: binpack: 2 of 2/,
  );
  const again = await bed.run('scale', 'web=3', '-p', 'shop', '-d');
  expect(again).toMatchObject({ exit: 0, err: 'shop: nothing to change' });
  expect(await bed.run('scale', 'api=2')).toMatchObject({ exit: 8 });
  expect(await bed.run('scale', 'web=2', '-p', 'blog')).toMatchObject({ exit: 8 });
  expect(await bed.run('scale')).toMatchObject({ exit: 2 });
});
