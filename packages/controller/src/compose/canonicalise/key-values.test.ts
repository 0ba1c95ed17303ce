import { loadText, problemsOf, serviceOf, withService } from '../testing/load-texts.js';

describe('environment', () => {
  test('a mapping and a list say the same', async () => {
    const expected = { A: '1', B: '', C: 'x=y' };
    expect((await serviceOf('environment: {A: 1, B: "", C: x=y}')).container.environment).toEqual(
      expected,
    );
    expect((await serviceOf('environment: [A=1, B=, C=x=y]')).container.environment).toEqual(
      expected,
    );
  });

  test('values are printed as Compose prints them', async () => {
    const yaml =
      'environment: {A: 010, B: 0b11, C: 1_000, D: 1.10, E: 1e3, F: 12345678901234567890, G: 22:22, H: yes, I: True, J: 2024-01-01, K: 1e-7}';
    expect((await serviceOf(yaml)).container.environment).toEqual({
      A: '8',
      B: '3',
      C: '1000',
      D: '1.1',
      E: '1000',
      F: '12345678901234567890',
      G: '22:22',
      H: 'yes',
      I: 'true',
      J: '2024-01-01',
      K: '1e-07',
    });
  });

  test('a variable without a value takes it from the environment, or is not set', async () => {
    const result = await loadText(withService('environment: [SET, UNSET]'), { env: { SET: '1' } });
    expect(result.project?.services[0]?.container.environment).toEqual({ SET: '1' });
    expect(result.problems).toEqual([]);
  });

  test.each([
    ['environment: A=1', 'must be a mapping or a list of KEY=value, and is a string'],
    ['environment: {A: [1]}', 'must be a string, a number or a boolean, and is a list'],
    ['environment: [1]', 'must be a string, and is a number'],
    ['environment: ["=x"]', 'is not a name'],
    ['environment: ["A =x"]', '"A " is not a name'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(yaml)).toContain(message);
  });
});

describe('labels', () => {
  test('a label without a value is empty', async () => {
    expect((await serviceOf('labels: [a=b=c, d]')).container.labels).toEqual({ a: 'b=c', d: '' });
    expect((await serviceOf('labels: {a: 1, b: }')).container.labels).toEqual({ a: '1', b: '' });
  });
});
