import { hostId } from '@nap/shared';
import { renderImages, renderPruned } from './image-view.js';

const DAY_MS = 86_400_000;

it('an image is as old as its date says, and of no age without one', () => {
  const dated = (createdAtMs: number) => ({
    host: hostId('host-a'),
    image: {
      id: 'sha256:0123456789abcdef',
      tags: ['shop:1'],
      createdAtMs,
      sizeBytes: 1024,
      containers: 1,
    },
  });
  const text = renderImages([dated(0), dated(DAY_MS), dated(797 * DAY_MS)], 'table', 800 * DAY_MS);
  const ages = text!
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s{2,}/)[3]);
  expect(ages).toEqual(['-', '2y', '3d']);
});

it('what was pruned is a line an image for people, and a row a host for scripts', () => {
  const value = { removed: ['shop:1', 'sha256:0123'], freedBytes: 7 };
  const answers = [{ host: hostId('host-a'), value }];
  expect(renderPruned(answers, 'table')).toBe(
    'host-a: removed shop:1\nhost-a: removed sha256:0123',
  );
  expect(JSON.parse(renderPruned(answers, 'json'))).toEqual([{ host: 'host-a', ...value }]);
  expect(renderPruned([], 'table')).toBe('');
});
