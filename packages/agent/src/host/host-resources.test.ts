import { hostResources } from './host-resources.js';

const cards =
  (...names: readonly string[]) =>
  () =>
    Promise.resolve(names);

it('counts the cards of the driver; what the operator says counts more', async () => {
  expect(await hostResources({}, cards('0000:01:00.0', '0000:02:00.0'))).toEqual({ gpu: 2 });
  expect(await hostResources({ gpu: 8, fpga: 1 }, cards('a'))).toEqual({ gpu: 8, fpga: 1 });
  expect(await hostResources({ gpu: 0 }, cards('a'))).toEqual({});
});

it('has none where there is no driver', async () => {
  const none = (): Promise<never> => Promise.reject(new Error('ENOENT'));
  expect(await hostResources({}, none)).toEqual({});
});
