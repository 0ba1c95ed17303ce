import { problemsOf, serviceOf } from '../testing/load-texts.js';

describe('restart', () => {
  test.each([
    ['', { condition: 'no' }],
    ['restart: "no"', { condition: 'no' }],
    ['restart: no', { condition: 'no' }],
    ['restart: always', { condition: 'always' }],
    ['restart: unless-stopped', { condition: 'unless-stopped' }],
    ['restart: on-failure', { condition: 'on-failure' }],
    ['restart: on-failure:3', { condition: 'on-failure', maxAttempts: 3 }],
    ['restart: always\ndeploy: {restart_policy: {condition: none}}', { condition: 'no' }],
    ['deploy: {restart_policy: {}}', { condition: 'always' }],
    [
      'deploy: {restart_policy: {condition: on-failure, max_attempts: 2, delay: 5s}}',
      { condition: 'on-failure', maxAttempts: 2, delayMs: 5000 },
    ],
  ])('%s', async (yaml, expected) => {
    expect((await serviceOf(yaml)).container.restart).toEqual(expected);
  });

  test.each(['sometimes', 'always:3', 'on-failure:x', 'false'])('%s is refused', async (policy) => {
    expect(await problemsOf(`restart: ${policy}`)).toContain('error  services.web.restart');
  });
});
