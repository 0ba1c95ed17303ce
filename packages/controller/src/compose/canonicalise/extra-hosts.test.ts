import { problemsOf, serviceOf } from '../testing/load-texts.js';

describe('extra_hosts', () => {
  test.each([
    [
      '["a:1.2.3.4", "b=::1", "c:[::1]", "h:host-gateway"]',
      ['a:1.2.3.4', 'b:::1', 'c:::1', 'h:host-gateway'],
    ],
    ['{a: 1.2.3.4, b: [1.1.1.1, 2.2.2.2]}', ['a:1.2.3.4', 'b:1.1.1.1', 'b:2.2.2.2']],
  ])('%s', async (yaml, expected) => {
    expect((await serviceOf(`extra_hosts: ${yaml}`)).container.extraHosts).toEqual(expected);
  });

  test.each([
    ['["a:nope"]', '"nope" is not an address for a'],
    ['["a b:1.2.3.4"]', '"a b" is not a host name'],
    ['["a"]', 'is not a host name'],
    ['{a: 5}', 'must be an address'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(`extra_hosts: ${yaml}`)).toContain(message);
  });
});
