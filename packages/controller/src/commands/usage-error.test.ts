import { usageError } from './usage-error.js';

const COMMANDS = [
  { command: ['ps [project]'], flags: { watch: {}, 'project-name': {} } },
  { command: ['down'], flags: { 'project-name': {} } },
  { command: ['cp <from> <to>'], examples: [['$0 cp web:/etc/hosts .', 'a file']] as const },
  { command: ['top [names..]'] },
  { command: ['exec <instance> [command..]'] },
  { command: ['logs [names..]'] },
  {
    command: ['host <command>', 'node'],
    commands: [{ command: ['ls', 'list'] }, { command: ['drain <host>'] }],
  },
];

it.each([
  ['Not enough non-option arguments: got 0, need at least 1', 'exec', 'exec: INSTANCE is missing'],
  ['Not enough non-option arguments: got 0, need at least 1', 'host', 'host what?'],
  ['which command?', 'host --ansi never', 'host what?'],
  [
    'Not enough non-option arguments: got 0, need at least 1',
    'host drain',
    'host drain: HOST is missing',
  ],
  [
    'Missing required argument: availability',
    'host drain a',
    'host drain: --availability is missing',
  ],
  ['Not enough arguments following: o', 'ps -o', 'ps -o: a value is expected'],
  [
    'Invalid values:\n  Argument: pull, Given: "foo", Choices: "always", "missing", "never"',
    'ps --pull foo',
    'ps --pull "foo": always, missing or never is expected',
  ],
  [
    'Invalid values:\n  Argument: pull, Given: true, Choices: "always", "never"',
    'ps --pull',
    'ps --pull: always or never is expected',
  ],
  ['Unknown argument: nope', 'ps --nope=3', 'ps does not know --nope'],
  ['Unknown arguments: no-pe, noPe', 'ps --no-pe', 'ps does not know --no-pe'],
  ['Unknown arguments: b, c', 'ps a b c', 'ps: b, c are more than it takes'],
  ['Unknown argument: wach', 'ps --wach', 'ps does not know --wach: did you mean "--watch"?'],
  ['Unknown argument: shop', 'down shop', 'down: shop is more than it takes'],
  ['Not enough non-option arguments: got 0, need at least 2', 'cp', 'cp: FROM and TO are missing'],
  ['Not enough non-option arguments: got 1, need at least 2', 'cp a', 'cp: TO is missing'],
  ['Did you mean top?', 'tip', 'there is no command "tip": did you mean "top"?'],
  ['Did you mean top?', 'foo', 'there is no command "foo"'],
  ['Unknown argument: foofoofoofoo', 'foofoofoofoo', 'there is no command "foofoofoofoo"'],
  ['Did you mean ls?', 'node lls', 'node has no command "lls": did you mean "ls"?'],
  ['Unknown arguments: inspect, web', 'host inspect web', 'host has no command "inspect"'],
  [
    'Unknown arguments: drian, a',
    'host drian a',
    'host has no command "drian": did you mean "drain"?',
  ],
  ['Unknown argument: drain', 'host drain a drain', 'host drain: drain is more than it takes'],
  ['Unknown argument: abcdefgh', 'host abcdefgh', 'host has no command "abcdefgh"'],
  ['which command?', '-p x', 'which command?'],
  ['which command?', '', 'which command?'],
])('%s of "%s" is told as %s', (message, line, told) => {
  const argv = line === '' ? [] : line.split(' ');
  expect(usageError(message, argv, COMMANDS)).toMatchObject({ code: 'USAGE', message: told });
});

it('names the help to look at', () => {
  const hintOf = (...argv: string[]) => usageError('Unknown argument: x', argv, COMMANDS).hint;
  expect(hintOf('ps', '-x')).toBe('nap-controller ps --help shows what it takes');
  expect(hintOf('host', 'ls', '-x')).toBe('nap-controller host ls --help shows what it takes');
  expect(hintOf('down', 'x')).toBe('a project is named with -p: nap-controller down -p x');
  expect(hintOf('x')).toBe('nap-controller --help lists those that there are');
});

it.each([
  ['pull', 'nap-controller apply --pull always'],
  ['build', 'nap builds no images'],
  ['rm', 'nap-controller down'],
])('says what nap has instead of the command %s of Compose', (command, hint) => {
  const told = usageError('Did you mean top?', [command], COMMANDS);
  expect(told.message).toBe(`there is no command "${command}"`);
  expect(told.hint).toContain(hint);
});

it('says how names alone are listed', () => {
  expect(usageError('Unknown argument: q', ['ps', '-q'], COMMANDS).hint).toContain('{{.Name}}');
});

it('says what to write instead of a flag that Compose has', () => {
  const { message, hint } = usageError('Unknown argument: index', ['logs', '--index=2'], COMMANDS);
  expect(message).toBe('logs does not know --index');
  expect(hint).toContain('web/2');
});

it('says of what is missing how it would be', () => {
  const { hint } = usageError('Not enough non-option arguments: got 1', ['cp', 'a'], COMMANDS);
  expect(hint).toBe(
    'such as nap-controller cp web:/etc/hosts .; nap-controller cp --help shows what it takes',
  );
});
