import { aContainer, aPlacement, exited, NOW_MS, reconciled } from '../testing/builders.js';
import { chainsText } from './step-text.js';

/** Two containers of one instance that both have the wanted spec. */

const web = aPlacement('shop.web.1');
const original = aContainer(web, { id: 'original' });
const other = { id: 'other', name: 'jolly_ride', createdAtMs: NOW_MS };
const kept = (...containers: Parameters<typeof aContainer>[1][]): string =>
  chainsText(
    reconciled({ placements: [web], containers: containers.map((it) => aContainer(web, it)) })
      .chains,
  );

it('the one that has the proper name stays, of two that run', () => {
  const steps = kept(original, other);
  expect(steps).toContain('remove other (duplicate)');
  expect(steps).not.toContain('original');
});

it('the one that runs stays, under whatever name', () => {
  const steps = kept({ ...original, run: exited() }, other);
  expect(steps).toContain('remove original (duplicate)');
  expect(steps).not.toContain('remove other');
});

it('one of another image is nobody’s successor, also where the original has ended', () => {
  const steps = kept({ ...original, run: exited() }, { ...other, image: 'box-debug' });
  expect(steps).not.toContain('remove original');
});
