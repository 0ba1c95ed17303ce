import { cleanUp, lab } from '../e2e/support/cluster.js';
import { PROJECTS } from './actions.js';
import { forgetClocks } from './clocks.js';
import { runEpisode } from './episode.js';

/** A little of `npm run chaos`: see docs/faults.md. */

afterAll(async () => {
  await cleanUp(...PROJECTS);
  await forgetClocks(lab);
  for (const host of await lab.hosts())
    await lab.exec(host, ['docker', 'rm', '-f', `foreign-${host}`]);
});

it.each([1, 2])('seed %d: all rules hold in a minute of chaos, and it ends well', async (seed) => {
  const { violations, directory } = await runEpisode(lab, { seed, minutes: 1 });
  expect({ violations, directory }).toEqual({ violations: [], directory });
});
