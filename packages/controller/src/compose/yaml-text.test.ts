import type { Entry } from './node.js';
import { parseYaml } from './parse-yaml.js';
import { Findings } from './findings.js';
import { yamlText } from './yaml-text.js';

const NUMBERS = ['+_0', '1_000', '0b_1', '-0_7', '.5_', '1:30'];
const BLANKS = ['', ' ', '\n', ' \n', ' \n\n'];

it.each([...NUMBERS, ...BLANKS, 'null', 'yes', '2024-01-01'])(
  'writes the text %j so that it is read as one',
  (text) => {
    const findings = new Findings();
    const [document] = parseYaml(yamlText({ a: text }), 'f.yml', findings);
    expect(findings.problems).toEqual([]);
    const entries = document?.kind === 'map' ? document.entries : new Map<string, Entry>();
    expect(entries.get('a')).toMatchObject({ value: { kind: 'scalar', value: text } });
  },
);

it('quotes what looks like a date: it is one to Docker Compose', () => {
  expect(yamlText({ a: '2024-01-01' })).toBe('a: "2024-01-01"\n');
});

it('quotes nothing else', () => {
  expect(yamlText({ a: 'web', b: 5 }, ['shop'])).toBe('# shop\n\na: web\nb: 5\n');
});
