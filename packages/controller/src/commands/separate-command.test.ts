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
  ['exec --help', 'exec --help', ''],
  ['exec web', 'exec web', ''],
])('%s', (line, own, command) => {
  const separated = separateCommand(line.split(' '), flags);
  expect(separated.argv.join(' ')).toBe(own);
  expect(separated.command.join(' ')).toBe(command);
});
