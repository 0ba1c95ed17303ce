import { problemsOf, serviceOf } from '../testing/load-texts.js';

async function health(yaml: string): Promise<unknown> {
  return (await serviceOf(`healthcheck: ${yaml}`)).container.healthcheck;
}

describe('healthcheck', () => {
  test('everything', async () => {
    const yaml =
      '{test: [CMD, a, b], interval: 1m30s, timeout: 500ms, start_period: 1h, start_interval: 2s, retries: "3"}';
    expect(await health(yaml)).toEqual({
      test: ['CMD', 'a', 'b'],
      intervalMs: 90_000,
      timeoutMs: 500,
      startPeriodMs: 3_600_000,
      startIntervalMs: 2000,
      retries: 3,
    });
  });

  test('a string runs in a shell', async () => {
    expect(await health('{test: curl -f x}')).toEqual({ test: ['CMD-SHELL', 'curl -f x'] });
  });

  test.each(['{disable: true}', '{test: [NONE]}', '{test: a, disable: true, interval: 5s}'])(
    '%s switches the check of the image off',
    async (yaml) => {
      expect(await health(yaml)).toEqual({ test: ['NONE'] });
    },
  );

  test('times without a test are for the test of the image', async () => {
    expect(await health('{interval: 5s}')).toEqual({ intervalMs: 5000 });
    expect(await health('{test: []}')).toBeUndefined();
    expect(await health('{}')).toBeUndefined();
  });

  test.each([
    ['{test: [curl, x]}', 'a test starts with one of NONE, CMD, CMD-SHELL, not with "curl"'],
    ['{test: [CMD]}', 'CMD needs a command'],
    ['{test: [CMD-SHELL]}', 'CMD-SHELL needs a command'],
    ['{interval: 10}', 'must be a duration'],
    ['{retries: -1}', 'must be an integer from 0'],
    ['{intervall: 5s}', 'did you mean "interval"?'],
    ['[a]', 'must be a mapping, and is a list'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(`healthcheck: ${yaml}`)).toContain(message);
  });
});
