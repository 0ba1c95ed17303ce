import { checkedArgs, checkWords } from './checked-args.js';

const flags = {
  timeout: { type: 'number' },
  'max-moves': { type: 'number' },
  'project-name': { type: 'string' },
  detach: { type: 'boolean' },
  file: { type: 'string', array: true },
} as const;

it('of a flag that is given again the last one counts, under both of its names', () => {
  const given = {
    ...{ 'project-name': ['a', 'b'], projectName: ['a', 'b'], detach: [true, false] },
    ...{ timeout: [1, 2], file: ['x', 'y'] },
  };
  expect(checkedArgs(flags, given)).toEqual({
    ...{ 'project-name': 'b', projectName: 'b', detach: false, timeout: 2, file: ['x', 'y'] },
  });
});

it('is what was given where each is given once', () => {
  const given = { timeout: 0, 'max-moves': 3, maxMoves: 3, detach: true, other: [1] };
  expect(checkedArgs(flags, given)).toEqual(given);
});

it.each([
  ['no number', NaN, '--max-moves: a number'],
  ['negative', -3, '--max-moves -3: a number'],
  ['longer than timers', 1e10, '--max-moves 10000000000: a number'],
  ['endless', Infinity, '--max-moves Infinity: a number'],
])('refuses a number that is %s', (_what, value, told) => {
  expect(() => checkedArgs(flags, { 'max-moves': value })).toThrow(told);
});

const switches = {
  plan: { type: 'boolean', alias: ['dry-run', 'n'] },
  'with-data': { type: 'boolean' },
  file: {},
} as const;

it.each(['--plan=true', '--dry-run=false', '-n=true', '--no-plan=true', '--file=yes', 'plan=yes'])(
  '%s is told to a switch, or is none',
  (given) => {
    expect(() => {
      checkWords(switches, ['-p', 'shop', 'down', given]);
    }).not.toThrow();
  },
);

it.each([
  '--plan=yes',
  '--plan=1',
  '--plan=',
  '--dry-run=on',
  '-n=2',
  '--no-plan=x',
  '--withData=1',
])('refuses %s, which would be taken for "off"', (given) => {
  expect(() => {
    checkWords(switches, ['-p', 'shop', 'down', given]);
  }).toThrow(`${given}: true or false is expected`);
  // What follows is for a container.
  expect(() => {
    checkWords(switches, ['--', given]);
  }).not.toThrow();
});

const numbers = { timeout: { type: 'number', alias: 't' }, file: {} } as const;

it.each([
  ['--timeout=', '--timeout: a number is expected'],
  ['--timeout= ', '--timeout: a number is expected'],
  ['-t=', '-t: a number is expected'],
])('refuses %j, which would be taken for 0', (given, told) => {
  expect(() => {
    checkWords(numbers, ['down', given]);
  }).toThrow(told);
});

it('refuses an empty word for a number, and takes what is one, or is for something else', () => {
  expect(() => {
    checkWords(numbers, ['down', '--timeout', '']);
  }).toThrow('--timeout: a number is expected');
  expect(() => {
    checkWords(numbers, ['down', '--timeout', '0', '-t=1', '--file=', '--timeout']);
  }).not.toThrow();
});
