import { separateCommand } from './separate-command.js';

const flags = {
  interactive: { alias: 'i', type: 'boolean' },
  tty: { alias: 't', type: 'boolean' },
  user: { alias: 'u', type: 'string' },
  etcd: { type: 'string' },
} as const;

it.each([
  ['exec web ls -l', 'exec web', 'ls -l'],
  ['exec -it web sh', 'exec -it web', 'sh'],
  ['exec -u root web id -u', 'exec -u root web', 'id -u'],
  ['exec -uroot web id', 'exec -uroot web', 'id'],
  ['exec -itu root web id', 'exec -itu root web', 'id'],
  ['exec --etcd x --user=root web id --help', 'exec --etcd x --user=root web', 'id --help'],
  ['exec web -- ls -l', 'exec web', 'ls -l'],
  ['exec web sh -- -c', 'exec web', 'sh -- -c'],
  ['exec --ansi never --no-tty web id', 'exec --ansi never --no-tty web', 'id'],
  ['exec --help', 'exec --help', ''],
  ['exec web', 'exec web', ''],
])('%s', (line, own, command) => {
  const separated = separateCommand(line.split(' '), flags);
  expect(separated.argv.join(' ')).toBe(own);
  expect(separated.command.join(' ')).toBe(command);
});

it.each([
  ['exec -d web id', '-d'],
  ['exec -itd web id', '-d'],
  ['exec --index 2 web id', '--index'],
  ['exec --nope=1 web id', '--nope'],
  ['exec web id --nope', undefined],
  ['exec -uroot web id', undefined],
])('%s: %s is no flag', (line, unknown) => {
  expect(separateCommand(line.split(' '), flags).unknown).toBe(unknown);
});
