import { testForms } from '../testing/attribute-cases.js';
import { problemsOf, serviceOf } from '../testing/load-texts.js';

describe('plain attributes', () => {
  testForms([
    ['init: true', { init: true }, { init: true }],
    // The engine may be set to have one: to have none must be told.
    ['init: false', { init: false }, { init: false }],
    ['tty: true', { tty: true }, { tty: true }],
    ['tty: "false"', {}, {}],
    ['stdin_open: true', { stdin_open: true }, { stdinOpen: true }],
    ['runtime: runsc', { runtime: 'runsc' }, { runtime: 'runsc' }],
    [
      'annotations: [a=b, c]',
      { annotations: { a: 'b', c: '' } },
      { annotations: { a: 'b', c: '' } },
    ],
    ['annotations: {}', {}, {}],
  ]);

  test('reach the container as they are', async () => {
    const yaml =
      'hostname: h\nuser: "1000:1000"\nworking_dir: /srv\nstop_signal: SIGINT\ncontainer_name: one';
    const service = await serviceOf(yaml);
    expect(service.container).toMatchObject({
      hostname: 'h',
      user: '1000:1000',
      workingDir: '/srv',
      stopSignal: 'SIGINT',
    });
    expect(service.containerName).toBe('one');
  });

  test.each(['SIGTERM', 'sigrtmin+3', 'Usr1', '"9"'])('stop_signal: %s is one', async (signal) => {
    expect(await problemsOf(`stop_signal: ${signal}`)).toBe('');
  });

  test.each([
    ['user: 1000', 'write it in quotes: "1000"'],
    ['container_name: a', '"a" is not a container name'],
    ['hostname: "a b"', '"a b" is not a host name'],
    [
      'stop_signal: FOO',
      'compose.yml:4:18  error  services.web.stop_signal: there is no signal "FOO"\n    such as SIGTERM, RTMIN+3, or a number',
    ],
    ['stop_signal: SIGTRM', 'did you mean "TERM"?'],
    ['stop_signal: "32"', 'there is no signal "32"'],
    [
      'working_dir: a/b',
      'compose.yml:4:18  error  services.web.working_dir: "a/b" is not an absolute path in the container\n    start it with "/"',
    ],
    ['profiles: a', 'must be a list'],
    ['scale: -1', 'must be an integer from 0'],
    ['deploy: {replicas: many}', 'must be an integer from 0'],
    ['deploy: {replicas: }', 'services.web.deploy.replicas: is empty'],
    ['environment:', 'services.web.environment: is empty'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(yaml)).toContain(message);
  });

  test('replicas from scale or deploy, cast from text', async () => {
    expect((await serviceOf('scale: "3"')).replicas).toBe(3);
    expect((await serviceOf('deploy: {replicas: 0}')).replicas).toBe(0);
    expect((await serviceOf('deploy: ')).replicas).toBe(1);
  });
});
