import { jest } from '@jest/globals';
import { BLOCK, runBlock } from '../many-seeds.js';

jest.setTimeout(1_800_000);

it(`holds all rules in ${BLOCK} histories, and every one of them ends well`, async () => {
  expect(await runBlock(0)).toEqual([]);
});
