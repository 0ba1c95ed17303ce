import { cpusetOf } from './cpuset.js';

it.each([
  ['0', 1],
  ['0-31', 32],
  ['0-2,4', 4],
  ['4,0-2,1-3', 5],
  ['0-1,0-1,1', 2],
  ['3-1', 0],
  ['0-999999999', 1_000_000_000],
])('%s names %d processors', (text, cpus) => {
  expect(cpusetOf(text)).toEqual({ text, cpus });
});
