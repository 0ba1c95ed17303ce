import { problemsOf, serviceOf } from '../testing/load-texts.js';
import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const HOUR_MS = 3_600_000;

describe('pull_policy', () => {
  test.each([
    ['always', 'always'],
    ['never', 'never'],
    ['missing', undefined],
    ['if_not_present', undefined],
    ['daily', { everyMs: 24 * HOUR_MS }],
    ['weekly', { everyMs: 168 * HOUR_MS }],
    ['every_12h', { everyMs: 12 * HOUR_MS }],
    ['every_1d12h', { everyMs: 36 * HOUR_MS }],
  ])('%s', async (policy, pull) => {
    const service = await serviceOf(`pull_policy: ${policy}`);
    expect(service.pull).toEqual(pull);
    expect('pull' in service).toBe(pull !== undefined);
  });

  testRefusals([
    ['pull_policy: build', 'nap builds no images'],
    ['pull_policy: refresh', '"refresh" does not say how often'],
    ['pull_policy: every_day', '"every_day" is not a pull policy'],
    ['pull_policy: every_0h', '"every_0h" is not a pull policy'],
  ]);

  test('the old name is printed as the new one', async () => {
    expect(await mergedConfig('pull_policy: always', 'pull_policy: if_not_present')).toMatchObject({
      pull_policy: 'missing',
    });
    expect(await problemsOf('pull_policy: if_not_present')).toBe('');
  });
});

describe('platform', () => {
  testForms([
    ['platform: linux/arm64', { platform: 'linux/arm64' }, { platform: 'linux/arm64' }],
    ['platform: linux/arm/v7', { platform: 'linux/arm/v7' }, { platform: 'linux/arm/v7' }],
  ]);
  testRefusals([['platform: a/b/c/d', '"a/b/c/d" is not a platform']]);
});
