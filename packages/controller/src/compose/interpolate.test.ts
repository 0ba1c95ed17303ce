import fc from 'fast-check';
import { interpolate, type Lookup } from './interpolate.js';
import { loadText, problemText, withService } from './testing/load-texts.js';

const env: Readonly<Record<string, string>> = {
  SET: 'v',
  EMPTY: '',
  DOLLAR: '$SET ${SET}',
  A_1: 'a',
};
const lookup: Lookup = (name) => env[name];

function expand(text: string): string {
  const result = interpolate(text, lookup);
  return result.kind === 'text' ? result.text : `error: ${result.message}`;
}

describe('interpolation', () => {
  test.each([
    ['$SET', 'v'],
    ['${SET}', 'v'],
    ['x${SET}y$SET', 'xvyv'],
    ['$A_1.b', 'a.b'],
    ['$UNSET', ''],
    ['${EMPTY}', ''],
    ['${SET:-w}', 'v'],
    ['${EMPTY:-w}', 'w'],
    ['${UNSET:-w}', 'w'],
    ['${SET-w}', 'v'],
    ['${EMPTY-w}', ''],
    ['${UNSET-w}', 'w'],
    ['${SET:+w}', 'w'],
    ['${EMPTY:+w}', ''],
    ['${UNSET:+w}', ''],
    ['${SET+w}', 'w'],
    ['${EMPTY+w}', 'w'],
    ['${UNSET+w}', ''],
    ['${SET:?w}', 'v'],
    ['${EMPTY?w}', ''],
    ['$$SET', '$SET'],
    ['$$$SET', '$v'],
    ['$${SET}', '${SET}'],
    ['a $ b $1 $- $} $é $', 'a $ b $1 $- $} $é $'],
    ['\\$SET', '\\v'],
    ['${UNSET:-${SET}}', 'v'],
    ['${UNSET:-${UNSET:-$SET}}', 'v'],
    ['${UNSET:-{"a":1}}', '{"a":1}'],
    ['${UNSET-with } brace}', 'with  brace}'],
    ['${UNSET:-a:-b-c?d+e}', 'a:-b-c?d+e'],
    ['${UNSET:-"q"}', '"q"'],
    ['${UNSET:-a\nb}', 'a\nb'],
    ['${SET:-${BAD!}}', 'v'],
    ['${DOLLAR}', '$SET ${SET}'],
  ])('%s is %j', (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  test.each([
    ['${EMPTY:?}', 'required variable EMPTY is missing a value'],
    ['${UNSET?no $SET}', 'required variable UNSET is missing a value: no v'],
    ['${UNSET:?x}', 'required variable UNSET is missing a value: x'],
  ])('%s: %s', (text, message) => {
    expect(expand(text)).toBe(`error: ${message}`);
  });

  test.each([
    '${',
    '${}',
    '${ SET}',
    '${SET }',
    '${SET!}',
    '${1A}',
    '${SET:}',
    '${SET:=w}',
    '${SET=w}',
    '${SET%x}',
    '${#SET}',
    '${A.B}',
    'x ${SET',
    '${UNSET:-${SET}',
    '${UNSET:-${}}',
  ])('%s is no interpolation', (text) => {
    expect(expand(text)).toMatch(/^error: invalid interpolation format/);
  });

  test('what comes from a variable is never evaluated again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', 'A', 'x') }),
        (value) => {
          expect(
            interpolate('<$A|${A}|${B:-$A}>', (name) => (name === 'A' ? value : undefined)),
          ).toEqual({
            kind: 'text',
            text: `<${value}|${value}|${value}>`,
            unset: [],
          });
        },
      ),
    );
  });

  test('escaping every dollar gives the text back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(expand(text.replaceAll('$', '$$$$'))).toBe(text);
      }),
    );
  });

  test('no text makes it throw or grow without end', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A') }),
        (text) => {
          expect(interpolate(text, lookup).kind).toMatch(/text|error/);
        },
      ),
    );
    expect(expand('${A:-'.repeat(1000) + '}'.repeat(1000))).toContain('nested too deeply');
    const grown = interpolate('$A'.repeat(3000), () => 'x'.repeat(1000));
    expect(grown).toMatchObject({ kind: 'error', message: 'the value grows too long' });
  });
});

describe('interpolation of a file', () => {
  test('values everywhere, keys and comments never', async () => {
    const text = withService(
      'labels: {"$$K": "$V", list: "${V}"}\ncommand: ["$V"] # ${\nports: ["${P}:80"]',
    );
    const result = await loadText(text, { env: { V: 'v', P: '81' } });
    expect(problemText(result)).toBe('');
    expect(result.project?.services[0]?.container).toMatchObject({
      labels: { $$K: 'v', list: 'v' },
      command: ['v'],
      ports: [{ published: { from: 81, to: 81 } }],
    });
  });

  test('an unset variable is a warning, once, where it is used first', async () => {
    expect(problemText(await loadText(withService('labels: {a: "$V", b: "$V"}')))).toBe(
      'compose.yml:4:17  warning  services.web.labels.a: the variable V is not set: a blank string takes its place\n' +
        '    set V, or write a default: ${V:-…}\n',
    );
  });

  test('an error names the path and the way out, and what follows from it is no second error', async () => {
    expect(problemText(await loadText('services: {web: {image: "${V!}"}}'))).toBe(
      'compose.yml:1:25  error  services.web.image: invalid interpolation format: "${V!}"\n' +
        '    You may need to escape any $ with another $\n',
    );
  });

  test('a cast that fails names the path', async () => {
    const text = withService('scale: ${N}');
    expect((await loadText(text, { env: { N: '3' } })).project?.services[0]?.replicas).toBe(3);
    expect(problemText(await loadText(text, { env: { N: '' } }))).toContain(
      'services.web.scale: must be an integer from 0',
    );
  });
});
