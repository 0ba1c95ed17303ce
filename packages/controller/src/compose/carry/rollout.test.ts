import { serviceOf } from '../testing/load-texts.js';

it.each([
  ['', '', undefined],
  ['x-nap: {drain: 3s}', '', 3_000],
  ['', 'x-nap: {drain: 1s}', 1_000],
  ['x-nap: {drain: 0s}', 'x-nap: {drain: 1s}', undefined],
  ['deploy: {update_config: {order: start-first}}', '', 2_000],
  ['deploy: {update_config: {order: start-first}}', 'x-nap: {drain: 1s}', 1_000],
])('the drain of a service with "%s" in a file with "%s" is %s ms', async (keys, top, drainMs) => {
  expect((await serviceOf(keys, top)).container.drainMs).toBe(drainMs);
});
