import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineStart } from './engine-start.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nap-engine-start-'));
});
afterAll(() => rm(dir, { recursive: true }));

it('tells one start of the engine from another, and the time of each', async () => {
  const pidFile = join(dir, 'docker.pid');
  await writeFile(pidFile, '1');
  await utimes(pidFile, 1_000, 1_000);
  const first = await engineStart(pidFile);
  expect(first).toMatchObject({ atMs: 1_000_000 });
  expect(await engineStart(pidFile)).toEqual(first);
  await utimes(pidFile, 900, 900);
  const second = await engineStart(pidFile);
  expect(second.atMs).toBe(900_000);
  expect(second.life).not.toBe(first.life);
});

it('knows at least one boot from another where there is no pid file', async () => {
  const start = await engineStart(join(dir, 'nothing'));
  expect(start.life.trim()).not.toBe('');
  expect(start.atMs).toBeGreaterThan(0);
});
