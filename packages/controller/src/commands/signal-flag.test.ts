import { constants } from 'node:os';
import { SIGNAL } from '@nap/shared';
import { parseSignal } from './signal-flag.js';

it.each([
  ['HUP', 'HUP'],
  ['sigterm', 'SIGTERM'],
  ['Usr1', 'USR1'],
  ['9', '9'],
  ['64', '64'],
  ['RTMIN', 'RTMIN'],
  ['sigrtmin+15', 'SIGRTMIN+15'],
  ['SIGRTMAX-14', 'SIGRTMAX-14'],
])('%s is sent as %s, which agents take', (text, sent) => {
  expect(parseSignal(text)).toBe(sent);
  expect(sent).toMatch(SIGNAL);
});

it.each(['FOO', 'SIG', '', '0', '32', '65', '-9', '1.5', 'SIGRTMIN+16', 'RTMAX-15', 'SIGSIGHUP'])(
  '%j is refused',
  (text) => {
    expect(() => parseSignal(text)).toThrow('there is no signal');
  },
);

it('knows the signals that this Linux has', () => {
  const isSame = process.platform === 'linux';
  const names = isSame ? Object.keys(constants.signals) : [];
  // No engine knows these two.
  const known = names.filter((name) => !['SIGUNUSED', 'SIGBREAK'].includes(name));
  expect(known.map(parseSignal)).toEqual(known);
});
