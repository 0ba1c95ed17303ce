import { ChangeLines, liveText } from './live-view.js';
import type { PsRow } from './ps-view.js';

const row = (name: string, more: Partial<PsRow> = {}): PsRow => ({
  ...{ project: 'shop', service: 'web', name, image: 'busybox', host: 'host-a' },
  ...{ ip: '10.4.1.2', state: 'running', health: undefined, startedAtMs: 0 },
  ...{ restarts: 0, message: '', reason: undefined, ...more },
});

const failed = row('c', { state: 'failed', ip: undefined, message: 'no image' });

it('shows what fits, and first what is not well', () => {
  const text = liveText([row('a'), row('b'), failed], { rows: 6, columns: 200 }, 65_000, undefined);
  expect(text.split('\n')).toEqual([
    '3 instances, 2 well   00:01:05 UTC   Ctrl-C ends',
    expect.stringMatching(/^NAME /),
    expect.stringMatching(/^c +busybox +host-a +- +failed /),
    expect.stringMatching(/^a +busybox +host-a +10\.4\.1\.2 +running +1m/),
    '… 1 more; make the window higher, or name a project',
  ]);
});

it('is never wider or higher than the screen, and says what is wrong with etcd', () => {
  const rows = Array.from({ length: 50 }, (_, at) => row(`instance-${at}`));
  for (const size of [
    { rows: 10, columns: 20 },
    { rows: 1, columns: 1 },
  ]) {
    const lines = liveText(rows, size, 0, 'etcd is away').split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(size.columns);
    expect(lines.length).toBeLessThanOrEqual(Math.max(5, size.rows));
  }
  expect(liveText(rows, { rows: 60, columns: 80 }, 0, 'etcd is away')).toContain(
    '\nas last seen: etcd is away\n',
  );
});

it('elsewhere it is a line for each change', () => {
  const lines = new ChangeLines('table');
  expect(lines.next([row('a'), failed])).toEqual([
    'a on host-a running at 10.4.1.2',
    'c on host-a failed: no image',
  ]);
  expect(lines.next([row('a'), failed])).toEqual([]);
  expect(lines.next([row('a', { health: 'unhealthy' })])).toEqual([
    'c on host-a gone',
    'a on host-a running (unhealthy) at 10.4.1.2',
  ]);
});

it('for scripts it is a document a line', () => {
  const lines = new ChangeLines('json').next([row('a')]);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ name: 'a' }]);
  expect(
    new ChangeLines({ template: '{{.Name}} {{.State}}', isTable: false }).next([row('a')]),
  ).toEqual(['a running']);
});
