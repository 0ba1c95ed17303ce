import type { InstanceProgress } from '../plan/convergence.js';
import { coloursFor, isColoured, isLively } from './colours.js';
import { progressTree } from './progress-tree.js';

const look = { columns: 80, rows: 24, colours: coloursFor(false), frame: 0, elapsedMs: 4_200 };

const at = (
  instance: string,
  phase: InstanceProgress['phase'],
  state: string,
  message = '',
): InstanceProgress => ({ instance, host: 'host-a', phase, state, message }) as never;

const shop = [
  at('shop.web.1', 'done', 'running'),
  at('shop.web.10', 'working', 'pulling', 'image  busybox'),
  at('shop.web.2', 'stuck', 'failed', 'no such image'),
  at('shop.db.1', 'done', 'healthy'),
];

it('shows each service with its instances, in the order of their numbers', () => {
  expect(progressTree('shop', shop, look)).toEqual([
    'shop 2/4  4.2s',
    ' ✘ web 1/3',
    '   ✔ web-1   host-a  running',
    '   ✘ web-2   host-a  failed  no such image',
    '   ⠋ web-10  host-a  pulling  image busybox',
    ' ✔ db 1/1',
    '   ✔ db-1  host-a  healthy',
  ]);
});

it('what does not fit a low terminal is what is done, then what is last', () => {
  expect(progressTree('shop', shop, { ...look, rows: 7 }).slice(-1)).toEqual([' ✔ db 1/1']);
  expect(progressTree('shop', shop, { ...look, rows: 6 })).not.toContain(
    '   ✔ web-1   host-a  running',
  );
  expect(progressTree('shop', shop, { ...look, rows: 4 })).toEqual([
    'shop 2/4  4.2s',
    ' ✘ web 1/3',
    '  … 3 more',
  ]);
  const many = Array.from({ length: 500 }, (_, n) => at(`shop.s${n}.1`, 'working', 'pulling'));
  for (const rows of [1, 2, 3, 10, 50]) {
    expect(progressTree('shop', many, { ...look, rows }).length).toBeLessThanOrEqual(
      Math.max(2, rows - 1),
    );
  }
});

it.each([1, 2, 10, 20, 40])('no line is wider than %i columns', (columns) => {
  for (const line of progressTree('shop', shop, { ...look, columns })) {
    expect(Array.from(line).length).toBeLessThanOrEqual(Math.max(1, columns - 1));
  }
});

it('colours do not count as width', () => {
  const coloured = progressTree('shop', shop, { ...look, columns: 30, colours: coloursFor(true) });
  // eslint-disable-next-line no-control-regex -- what is looked for
  expect(coloured.map((line) => line.replaceAll(/\u001B\[\d+m/g, ''))).toEqual(
    progressTree('shop', shop, { ...look, columns: 30 }),
  );
  expect(coloured[1]).toContain('\u001B[31m✘');
});

it.each([
  [{ ansi: 'auto', env: {}, isTerminal: true }, true, true],
  [{ ansi: 'auto', env: {}, isTerminal: false }, false, false],
  [{ ansi: 'auto', env: { NO_COLOR: '1' }, isTerminal: true }, true, false],
  [{ ansi: 'auto', env: { NO_COLOR: '' }, isTerminal: true }, true, true],
  [{ ansi: 'auto', env: { TERM: 'dumb' }, isTerminal: true }, false, false],
  [{ ansi: 'never', env: {}, isTerminal: true }, false, false],
  [{ ansi: 'always', env: { NO_COLOR: '1', TERM: 'dumb' }, isTerminal: false }, true, true],
])('%j: moves %s, has colours %s', (where, moves, colours) => {
  expect([isLively(where), isColoured(where)]).toEqual([moves, colours]);
});
