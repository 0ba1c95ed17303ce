import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostProbe } from './host-probe.js';
import { parseRoutes } from './parse-routes.js';

/** What this machine says of itself. */

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nap-probe-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('reads files, directories and disks; what is not there is nothing', async () => {
  const file = join(directory, 'a');
  await writeFile(file, 'b');
  expect(await hostProbe.read(file)).toBe('b');
  expect(await hostProbe.list(directory)).toEqual(['a']);
  const disk = await hostProbe.disk(directory);
  expect(disk?.totalBytes).toBeGreaterThan(0);
  expect(disk?.usedPercent).toBeGreaterThanOrEqual(0);
  expect(disk?.usedPercent).toBeLessThanOrEqual(100);
  const missing = join(directory, 'missing');
  expect(await hostProbe.read(missing)).toBeUndefined();
  expect(await hostProbe.list(missing)).toEqual([]);
  expect(await hostProbe.disk(missing)).toBeUndefined();
});

it('runs commands; one that fails or is not there prints nothing', async () => {
  expect(await hostProbe.run('printf', ['x y'])).toBe('x y');
  expect(await hostProbe.run('false', [])).toBeUndefined();
  expect(await hostProbe.run(join(directory, 'missing'), [])).toBeUndefined();
});

it('names the interfaces of this machine, and reads its routes', async () => {
  expect(hostProbe.addresses().get('lo')).toContain('127.0.0.1/8');
  const routes = await hostProbe.read('/proc/net/route');
  expect(() => parseRoutes(routes ?? '')).not.toThrow();
});
