import { completionOf } from './completion-words.js';
import { descriptions } from './reference.js';

const commands = await descriptions();
const words = (line: string): readonly string[] => completionOf(line.split(' '), commands).words;

it('commands, and those of a group', () => {
  expect(words('')).toEqual(expect.arrayContaining(['apply', 'up', 'host', 'node', 'stack']));
  expect(words('host ')).toEqual(expect.arrayContaining(['ls', 'drain', 'update']));
});

it('flags, by the name that people type, and their values', () => {
  expect(words('apply -')).toEqual(expect.arrayContaining(['--detach', '--etcd', '--help']));
  expect(words('config --')).toContain('--no-interpolate');
  expect(words('apply --strategy ')).toEqual(['spread', 'binpack', 'random']);
  expect(words('apply --strategy = b')).toEqual(['spread', 'binpack', 'random']);
  expect(words('ps --format ')).toContain('jsonl');
  expect(words('completion ')).toEqual(['bash', 'zsh']);
  expect(words('node update --availability ')).toEqual(['active', 'pause', 'drain']);
});

it.each([
  ['ps ', 'project'],
  ['ps -p ', 'project'],
  ['down --project-name = sh', 'project'],
  ['inspect shop.web.1 ', 'instance'],
  ['host drain ', 'host'],
  ['node rm -', undefined],
  ['host label host-a ', undefined],
  ['stack ps ', 'project'],
  ['stack rm ', 'project'],
  ['service ps ', 'service'],
  ['apply ', undefined],
  ['apply -f ', undefined],
  ['ps --context ', 'context'],
  ['context use ', 'context'],
  ['context add ', undefined],
])('%j asks for what is called %s', (line, named) => {
  expect(completionOf(line.split(' '), commands).named).toBe(named);
});

it('a count follows the name of a service', () => {
  expect(completionOf(['scale', 'w'], commands)).toMatchObject({ named: 'service', suffix: '=' });
  expect(completionOf(['scale', '-p', 'shop', ''], commands)).toMatchObject({
    named: 'service',
    given: { 'project-name': 'shop' },
  });
});
