import fc from 'fast-check';
import { problemsOf, serviceOf } from '../testing/load-texts.js';
import { durationMs, formatDuration, parseDuration } from './durations.js';

describe('durations', () => {
  test.each([
    ['10s', '10s'],
    ['90s', '1m30s'],
    ['1.5h', '1h30m0s'],
    ['1h', '1h0m0s'],
    ['1d', '24h0m0s'],
    ['1w', '168h0m0s'],
    ['1d2h', '26h0m0s'],
    ['500ms', '500ms'],
    ['100us', '100µs'],
    ['1µs', '1µs'],
    ['5ns', '5ns'],
    ['1m30.5s', '1m30.5s'],
    ['0s', '0s'],
    ['0', '0s'],
    ['+5s', '5s'],
  ])('%s is printed as %s', (text, printed) => {
    expect(formatDuration(parseDuration(text) ?? NaN)).toBe(printed);
  });

  test.each(['', '10', '1m30', '5 s', '1M', '1x', 's', '1,5s', '--1s'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('what is printed is read as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });

  test('milliseconds may have a fraction', () => {
    expect(durationMs('1µs')).toBe(0.001);
  });

  test('stop_grace_period reaches the container, ten seconds without', async () => {
    expect((await serviceOf('stop_grace_period: 1m')).container.stopGracePeriodMs).toBe(60_000);
    expect((await serviceOf('')).container.stopGracePeriodMs).toBe(10_000);
  });

  test('a number without a unit is refused, and so is a negative one', async () => {
    expect(await problemsOf('stop_grace_period: 10')).toContain('must be a duration such as "10s"');
    expect(await problemsOf('stop_grace_period: -5s')).toContain('cannot be negative');
    expect(await problemsOf('stop_grace_period: 1m30')).toContain('"1m30" is not a duration');
  });
});
