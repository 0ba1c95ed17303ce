import { problemsOf, serviceOf } from '../testing/load-texts.js';
import { mergedConfig, testRefusals } from '../testing/attribute-cases.js';

describe('deploy.mode', () => {
  test.each([
    ['replicated', { condition: 'no' }, undefined],
    ['global', { condition: 'no' }, 'global'],
    ['replicated-job', { condition: 'on-failure' }, undefined],
    ['global-job', { condition: 'on-failure' }, 'global'],
  ])('%s', async (mode, restart, expected) => {
    const service = await serviceOf(`deploy: {mode: ${mode}}`);
    expect(service.mode).toBe(expected);
    expect(service.container.restart).toEqual(restart);
  });

  test.each([
    ['deploy: {mode: replicated-job, restart_policy: {condition: none}}', { condition: 'no' }],
    [
      'deploy: {mode: replicated-job, restart_policy: {max_attempts: 3, delay: 5s}}',
      { condition: 'on-failure', maxAttempts: 3, delayMs: 5000 },
    ],
    ['restart: "no"\ndeploy: {mode: global-job}', { condition: 'no' }],
    ['restart: always\ndeploy: {restart_policy: {condition: none}}', { condition: 'no' }],
    ['deploy: {restart_policy: {delay: 1s}}', { condition: 'always', delayMs: 1000 }],
  ])('%s', async (yaml, restart) => {
    expect((await serviceOf(yaml)).container.restart).toEqual(restart);
  });

  testRefusals([
    ['deploy: {mode: some}', '"some" is not one of'],
    ['restart: always\ndeploy: {mode: global-job}', 'a job ends'],
    ['deploy: {mode: replicated-job, restart_policy: {condition: any}}', 'a job ends'],
  ]);

  test('a number of replicas counts for nothing in mode global, which is said', async () => {
    expect(await problemsOf('deploy: {mode: global, replicas: 3}')).toContain(
      'warning  services.web: a number of replicas counts for nothing with mode: global',
    );
    expect(await problemsOf('deploy: {mode: replicated-job, replicas: 3}')).toBe('');
  });

  test('a job can be waited for', async () => {
    const job = '  job: {image: i, deploy: {mode: replicated-job}}\n';
    const wait = 'depends_on: {job: {condition: service_completed_successfully}}';
    expect(await problemsOf(wait, job)).toBe('');
  });

  test('a later file adds to each part', async () => {
    const limits = 'deploy: {resources: {limits: {memory: 8m, pids: 5}}}';
    expect(await mergedConfig(limits, 'deploy: {resources: {limits: {pids: 6}}}')).toMatchObject({
      deploy: { resources: { limits: { memory: '8388608', pids: 6 } } },
    });
  });
});
