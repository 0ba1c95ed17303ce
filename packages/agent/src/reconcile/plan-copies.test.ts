import {
  aContainer,
  aPlacement,
  created,
  exited,
  NOW_MS,
  reconciled,
} from '../testing/builders.js';
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

it('the other one goes without the time to drain: nobody was told of it', () => {
  const steps = kept(original, { ...other, drainMs: 10_000 });
  expect(steps).toBe('shop.web.1: stop other (duplicate)\nshop.web.1: remove other (duplicate)');
});

it('the one that runs stays, under whatever name', () => {
  const steps = kept({ ...original, run: exited() }, other);
  expect(steps).toContain('remove original (duplicate)');
  expect(steps).not.toContain('remove other');
});

it('one that the engine fails to remove keeps nothing from starting', () => {
  expect(kept({ ...original, run: created }, { ...other, run: { state: 'dead' } })).toBe(
    'shop.web.1: start original (not-started)\nshop.web.1: remove other (dead)',
  );
});

it('one of another image is nobody’s successor, also where the original has ended', () => {
  const steps = kept({ ...original, run: exited() }, { ...other, image: 'box-debug' });
  expect(steps).not.toContain('remove original');
});
