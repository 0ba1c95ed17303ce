import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

describe('post_start and pre_stop', () => {
  testForms([
    [
      'post_start: [{command: echo "a b"}]',
      { post_start: [{ command: ['echo', 'a b'] }] },
      { postStart: [{ command: ['echo', 'a b'] }] },
    ],
    [
      'pre_stop: [{command: [a], user: root, privileged: true, working_dir: /x, environment: [A=b, UNSET]}]',
      {
        pre_stop: [
          {
            command: ['a'],
            user: 'root',
            privileged: true,
            working_dir: '/x',
            environment: { A: 'b', UNSET: null },
          },
        ],
      },
      {
        preStop: [
          {
            command: ['a'],
            user: 'root',
            privileged: true,
            workingDir: '/x',
            environment: { A: 'b' },
          },
        ],
      },
    ],
    [
      'pre_stop: [{command: a, privileged: false}]',
      { pre_stop: [{ command: ['a'], privileged: false }] },
      { preStop: [{ command: ['a'] }] },
    ],
    ['post_start: []', {}, {}],
    ['pre_start: []', {}, {}],
  ]);

  testRefusals([
    ['post_start: [{user: root}]', 'a hook has no command'],
    ['post_start: [{command: []}]', 'a hook has no command'],
    ['post_start: {command: a}', 'must be a list'],
    ['pre_stop: [{command: a, working_dir: x}]', '"x" is not an absolute path'],
    ['pre_start: [{command: a}]', 'nap runs nothing in a container before its start'],
  ]);

  test('a later file adds', async () => {
    const merged = await mergedConfig('pre_stop: [{command: a}]', 'pre_stop: [{command: b}]');
    expect(merged).toMatchObject({ pre_stop: [{ command: ['a'] }, { command: ['b'] }] });
  });
});
