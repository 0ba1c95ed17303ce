import { systemClock } from '@nap/shared/runtime';
import { loadTexts } from '../compose/testing/load-texts.js';
import { planText } from '../plan/plan-text.js';
import { FakeCluster } from '../testing/builders.js';
import { noStreams } from '../testing/streams.js';
import { askedPlanning } from './asked-plan.js';

const context = {
  ...{ out: () => undefined, err: () => undefined, readStdin: () => Promise.resolve('') },
  ...{ streams: noStreams(), signal: new AbortController().signal, clock: systemClock },
  ...{ env: {}, cwd: '/', user: 'alice' },
};
const FILES = {
  'compose.yml': 'services: {web: {image: i}, debug: {image: i, profiles: [dev]}}',
};

it('what only a profile enables goes for want of it, not as if the file had it no more', async () => {
  const cluster = new FakeCluster('host-a');
  const planOf = async (profiles: readonly string[]) => {
    const loaded = await loadTexts(FILES, { profiles });
    const args = { prune: true, forceRecreate: false, pull: 'policy' } as const;
    return askedPlanning(context, loaded, args).makePlan(cluster.view);
  };
  cluster.commit(await planOf(['dev']));
  expect(planText(await planOf([]))).toMatch(/remove .*debug.1 .*: no active profile enables it$/);
});
