import { renderHosts } from './render.js';
import { seedLines } from './seeds.js';

const engine = '127.0.0.1\tlocalhost\n172.17.0.3\tweb-1\n';
const render = (addresses: readonly string[], existing: string, seeds: readonly string[] = []) =>
  renderHosts({ entries: [{ names: ['db', 'shop-db-1'], addresses }], existing, seeds });

describe('a rendered hosts file', () => {
  it('has a line an address, after what the engine wrote', () => {
    expect(render(['10.4.1.2', '10.4.1.3'], engine).text).toBe(
      [
        '127.0.0.1\tlocalhost',
        '172.17.0.3\tweb-1',
        '10.4.1.2         db shop-db-1 # nap',
        '10.4.1.3         db shop-db-1 # nap',
        '',
      ].join('\n'),
    );
  });

  it('writes another address as a comment first, brings it to life, and only then drops the old one', () => {
    const before = render(['10.4.1.2'], engine).text;
    const line = '10.4.1.2         db shop-db-1 # nap\n';
    const end = engine.length + line.length;
    expect(render(['10.4.100.200'], before).edits).toEqual([
      { offset: end, text: '#0.4.100.200     db shop-db-1 # nap\n' },
      { offset: end, text: '10.4.100.200     db shop-db-1 # nap' },
      { offset: engine.length, text: '#' },
    ]);
  });

  it('turns a line that is not wanted any more into a comment by one byte', () => {
    const before = render(['10.4.1.2'], engine).text;
    const { text } = renderHosts({ entries: [], existing: before, seeds: [] });
    expect(text).toBe(`${engine}#0.4.1.2         db shop-db-1 # nap\n`);
  });

  it('lets lines that stand side by side die in one write, by their first bytes alone', () => {
    const before = render(['10.4.1.2', '10.4.1.3'], engine).text;
    const { edits } = renderHosts({ entries: [], existing: before, seeds: [] });
    expect(edits).toEqual([
      { offset: engine.length, text: '#0.4.1.2         db shop-db-1 # nap\n#' },
    ]);
  });

  it('gives a new first address the last free place in front, and leaves the others where they are', () => {
    let { text } = render(['10.4.1.2', '10.4.1.3'], engine);
    // There is none yet: all are written anew.
    ({ text } = render(['10.4.1.8', '10.4.1.2', '10.4.1.3'], text));
    const last = engine.length + '10.4.1.2         db shop-db-1 # nap\n'.length;
    const next = render(['10.4.1.9', '10.4.1.8', '10.4.1.2', '10.4.1.3'], text);
    expect(next.edits).toEqual([
      { offset: last + 1, text: '0.4.1.9         db shop-db-1 # nap' },
      { offset: last, text: '1' },
    ]);
  });

  it('has the address first that the consumer wants first', () => {
    const order = (text: string): string[] =>
      [...text.matchAll(/^(\d[\d.]*) +db /gm)].map(([, ip = '']) => ip);
    let { text } = render(['10.4.1.2', '10.4.1.3'], engine);
    for (const wanted of [
      ['10.4.1.9', '10.4.1.2', '10.4.1.3'],
      ['10.4.1.3', '10.4.1.9'],
      ['10.4.1.2', '10.4.1.3', '10.4.1.9'],
    ]) {
      ({ text } = render(wanted, text));
      expect(order(text)[0]).toBe(wanted[0]);
      expect(order(text).sort()).toEqual([...wanted].sort());
    }
  });

  it('takes seeded names back once the slots are there', () => {
    const seeded = `${engine}10.4.1.2\tdb\n10.4.1.2\tshop-db-1\n1.2.3.4\tmine\n`;
    const { text, edits } = render(['10.4.1.9'], seeded, ['db:10.4.1.2', 'shop-db-1:10.4.1.2']);
    expect(text).toBe(
      [
        '127.0.0.1\tlocalhost',
        '172.17.0.3\tweb-1',
        '#0.4.1.2\tdb',
        '#0.4.1.2\tshop-db-1',
        '1.2.3.4\tmine',
        '10.4.1.9         db shop-db-1 # nap',
        '',
      ].join('\n'),
    );
    expect(edits[0]?.text).toContain('0.4.1.9');
  });

  it('cuts long lines, because resolvers read lines of limited length', () => {
    const names = Array.from({ length: 40 }, (_, at) => `service-with-a-long-name-${at}`);
    const { text } = renderHosts({
      entries: [{ names, addresses: ['10.4.1.2'] }],
      existing: '',
      seeds: [],
    });
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(400);
  });

  it('begins a new line when the file does not end with one', () => {
    expect(render(['10.4.1.2'], '127.0.0.1 localhost').text).toBe(
      '127.0.0.1 localhost\n10.4.1.2         db shop-db-1 # nap\n',
    );
  });
});

describe('seeds', () => {
  it('leave the names alone that the user gives himself', () => {
    expect(
      seedLines([{ names: ['db', 'db-1'], addresses: ['10.4.1.2'] }], ['db:192.168.0.7']),
    ).toEqual(['db-1:10.4.1.2']);
  });
});
