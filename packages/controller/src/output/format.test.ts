import { NapError } from '@nap/shared';
import { parse } from 'yaml';
import { outList } from '../commands/context.js';
import { parseFormat } from './format.js';
import { renderList } from './table.js';

const rows = [
  { name: 'shop-web-1', host: 'host-a', ip: undefined, labels: { a: '1' } },
  { name: 'shop-web-2', host: 'host-b', ip: '10.4.1.2', labels: {} },
];
const table = { columns: { NAME: (row: (typeof rows)[number]) => row.name } };
const render = (format: string): string | undefined =>
  renderList(parseFormat(format), table, rows, (row) => row);

it.each([
  ['table', 'NAME\nshop-web-1\nshop-web-2'],
  [
    'jsonl',
    '{"name":"shop-web-1","host":"host-a","labels":{"a":"1"}}\n{"name":"shop-web-2","host":"host-b","ip":"10.4.1.2","labels":{}}',
  ],
  ['{{.Name}}', 'shop-web-1\nshop-web-2'],
  ['{{ .name }}\\t{{.IP}} {{.Labels}}', 'shop-web-1\t {"a":"1"}\nshop-web-2\t10.4.1.2 {}'],
  ['table {{.Name}}\\t{{.Host}}', 'NAME         HOST\nshop-web-1   host-a\nshop-web-2   host-b'],
])('--format %s', (format, text) => {
  expect(render(format)).toBe(text);
});

it('json and yaml hold the same', () => {
  expect(parse(render('yaml') ?? '')).toEqual(JSON.parse(render('json') ?? ''));
});

it.each([
  ['xml', '--format "xml": table, json, jsonl, yaml, or a template'],
  ['', '--format "": table, json'],
  ['{{.Nope}}', 'no field "Nope"'],
])('refuses %s', (format, message) => {
  expect(() => render(format)).toThrow(expect.objectContaining({ code: 'USAGE' }) as NapError);
  expect(() => render(format)).toThrow(message);
});

it.each([
  ['jsonl', undefined],
  // A field that no row has is only known when there is a row.
  ['{{.Nope}}', undefined],
  ['table {{.Nope}}', 'NOPE'],
  ['json', '[]'],
  ['yaml', '[]'],
  ['table', 'NAME'],
])('an empty list as %s', (format, text) => {
  expect(renderList(parseFormat(format), table, [], (row) => row)).toBe(text);
});

it('one row of which a template shows nothing is one empty line all the same', () => {
  const said: (string | undefined)[] = [];
  const context = { out: (text: string) => said.push(text) };
  const list = (some: typeof rows): void => {
    outList(
      context,
      renderList(parseFormat('{{.IP}}'), table, some, (row) => row),
    );
  };
  list([]);
  expect(said).toEqual([]);
  list(rows.slice(0, 1));
  expect(said).toEqual(['']);
});

it('what only some rows have, or may have, is empty in the others', () => {
  const some = [{ name: 'a' }, { name: 'b', note: 'of b' }];
  const may = { columns: {}, optional: ['why'] };
  const filled = (format: string): string | undefined =>
    renderList(parseFormat(format), may, some, (row) => row);
  expect(filled('{{.Name}}: {{.Note}}{{.Why}}')).toBe('a: \nb: of b');
  expect(filled('table {{.Name}}\t{{.Note}}{{.Why}}')).toBe('NAME   NOTEWHY\na\nb      of b');
  expect(() => filled('{{.Nope}}')).toThrow(
    expect.objectContaining({ hint: 'there are: name, note, why' }) as NapError,
  );
});
