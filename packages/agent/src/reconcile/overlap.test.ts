import { aContainer, aPlacement, NOW_MS, up } from '../testing/builders.js';
import { wellAtMs } from './overlap.js';

const READY_AFTER_MS = 10_000;
const placement = aPlacement('shop.web.1', { startFirst: { readyAfterMs: READY_AFTER_MS } });
const wellAt = (over: Parameters<typeof up>[0]): number | undefined =>
  wellAtMs(placement, aContainer(placement, { run: up(over) }), NOW_MS);

describe('a running container is well', () => {
  it('once it has run for long enough, without a healthcheck', () => {
    expect(wellAt({ startedAtMs: NOW_MS - 2_000 })).toBe(NOW_MS + 8_000);
  });

  it('once it is healthy, with one', () => {
    expect(wellAt({ startedAtMs: NOW_MS - 2_000, health: 'healthy' })).toBe(NOW_MS - 2_000);
    expect(wellAt({ health: 'starting' })).toBeUndefined();
  });

  it.each(['none', 'healthy'] as const)(
    'now, when it was started in the future: nobody waits until the clock is there again (%s)',
    (health) => {
      expect(wellAt({ startedAtMs: NOW_MS + 3_600_000, health })).toBe(NOW_MS);
    },
  );

  it('no sooner, when the clock was only put right a little', () => {
    expect(wellAt({ startedAtMs: NOW_MS + 500 })).toBe(NOW_MS + 500 + READY_AFTER_MS);
  });
});
