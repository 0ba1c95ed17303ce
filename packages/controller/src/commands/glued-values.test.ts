import { withGluedValues } from './glued-values.js';

const flags = {
  follow: { alias: 'f', type: 'boolean' },
  tail: { alias: 'n', type: 'string' },
  env: { alias: ['e'], type: 'string' },
} as const;

it.each([
  ['logs -nfoo web', 'logs -n=foo web'],
  ['logs -fn20 web', 'logs -fn=20 web'],
  ['logs -eA=b', 'logs -e=A=b'],
  ['logs -n=foo -n foo -fn foo', 'logs -n=foo -n foo -fn foo'],
  ['logs -fxn3 --nfoo -', 'logs -fxn3 --nfoo -'],
  ['logs -- -nfoo', 'logs -- -nfoo'],
])('%s is %s', (line, meant) => {
  expect(withGluedValues(line.split(' '), flags).join(' ')).toBe(meant);
});
