import { problemsOf, serviceOf } from '../testing/load-texts.js';

describe('networks of a service', () => {
  test('aliases of every network are names of the service', async () => {
    const service = await serviceOf(
      'networks: {default: {aliases: [x, y]}, back: {aliases: [y, z]}}',
      'networks: {back: }\n',
    );
    expect(service.aliases).toEqual(['x', 'y', 'z']);
  });

  test('a declared network is named: nap does not isolate it', async () => {
    expect(await problemsOf('networks: [back]', 'networks: {back: }\n')).toBe(
      'compose.yml:5:12  warning  networks.back: nap does not isolate the network "back": all services of the project reach each other\n' +
        '    do not rely on it for security\n',
    );
  });

  test.each([
    [
      'networks: [back]',
      'networks: {back: {internal: true}}',
      'nap cannot keep a network away from the outside',
    ],
    [
      'networks: [back]',
      'networks: {back: {driver: macvlan}}',
      'networks.back.driver: not supported yet',
    ],
    [
      'networks: [back]',
      'networks: {back: {driver_opts: {encrypted: ""}}}',
      'networks.back.driver_opts: not supported yet',
    ],
    [
      'networks: {back: {ipv4_address: 10.0.0.1}}',
      'networks: {back: }',
      'nap gives out the addresses itself',
    ],
    ['networks: [bak]', 'networks: {back: }', 'did you mean "back"?'],
    [
      'user: x',
      'networks: {default: {internal: true}}',
      'nap cannot keep a network away from the outside',
    ],
  ])('%s with %s is refused', async (yaml, rest, message) => {
    expect(await problemsOf(yaml, `${rest}\n`)).toContain(message);
  });

  test('an external network is named', async () => {
    expect(await problemsOf('networks: [x]', 'networks: {x: {external: true}}\n')).toContain(
      'warning  networks.x.external: ignored: containers that nap does not run are not reachable by name',
    );
  });
});
