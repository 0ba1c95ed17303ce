import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** Moves that even the hosts out, against a real etcd. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

it('rebalance shows what would move, moves it, and has nothing to do a second time', async () => {
  bed = await CliBed.open('host-a');
  await bed.run('apply', '-f', '-', '-p', 'shop', '-d');
  await bed.run('scale', 'web=5', '-d');
  await bed.addHosts('host-b');
  const shown = await bed.run('rebalance', '--plan');
  expect(shown).toMatchObject({ exit: 0, err: '' });
  expect(shown.out).toContain('rebalance: host-a has 5 of web, host-b has 0');
  const moved = await bed.run('rebalance', '--max-moves', '1', '-d');
  expect(moved.exit).toBe(0);
  expect(moved.err).toMatch(/^move shop\.web\.\d from host-a to host-b: [^\n]*$/);
  await bed.run('rebalance', '-p', 'shop', '-d');
  const again = await bed.run('rebalance');
  expect(again).toMatchObject({
    exit: 0,
    err: 'nothing to move: no move would make the hosts more even',
  });
  expect(await bed.run('rebalance', '--max-moves', '0')).toMatchObject({ exit: 2 });
  expect(await bed.run('rebalance', '-p', 'blog')).toMatchObject({ exit: 8 });
});
