import { EventEmitter } from 'node:events';
import type { InstanceProgress } from '../plan/convergence.js';
import { coloursFor } from '../output/colours.js';
import { LiveTree, type Terminal } from './live-tree.js';

/** As much of a terminal as the tree uses: it moves up, erases, and writes. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  columns = 40;
  rows = 10;
  lines: string[] = [''];
  #row = 0;

  write(text: string): boolean {
    // eslint-disable-next-line no-control-regex -- what a terminal reads
    for (const [part] of text.matchAll(/\u001B\[[?\d]*[A-Za-z]|\n|[^\u001B\n]+/g)) this.#take(part);
    return true;
  }

  #take(part: string): void {
    if (part === '\n') {
      this.#row += 1;
      this.lines[this.#row] ??= '';
    } else if (part.endsWith('A'))
      this.#row = Math.max(0, this.#row - (parseInt(part.slice(2)) || 1));
    else if (part.endsWith('K')) this.lines[this.#row] = '';
    else if (!part.startsWith('\u001B'))
      this.lines[this.#row] = (this.lines[this.#row] ?? '') + part;
  }

  /** As a terminal does that breaks anew what no longer fits. */
  narrow(columns: number): void {
    const broken = this.lines.map((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    this.#row = broken.slice(0, this.#row + 1).flat().length - 1;
    this.lines = broken.flat();
    this.columns = columns;
    this.emit('resize');
  }

  get text(): string {
    return this.lines
      .map((line) => line.replace(/\d+\.\ds$/, 'Ts'))
      .join('\n')
      .trimEnd();
  }
}

const at = (n: number, phase: InstanceProgress['phase'], state: string): InstanceProgress =>
  ({ instance: `shop.web.${n}`, host: 'host-a', phase, state, message: '' }) as never;

function started(): { readonly screen: Screen; readonly tree: LiveTree } {
  const screen = new Screen();
  // The screen stands for the stream that a terminal is.
  const terminal = screen as unknown as Terminal;
  return { screen, tree: new LiveTree(terminal, 'shop', coloursFor(false)) };
}

it('draws in its place, lets others say something above, and leaves its last state', () => {
  const { screen, tree } = started();
  tree.progress([at(1, 'working', 'pulling'), at(2, 'working', 'pulling')]);
  tree.progress([at(1, 'done', 'running'), at(2, 'working', 'starting')]);
  tree.say('note: look here');
  tree.progress([at(1, 'done', 'running'), at(2, 'done', 'running')]);
  tree.end();
  tree.end();
  screen.write('after\n');
  expect(screen.text).toBe(
    [
      'note: look here',
      'shop 2/2  Ts',
      ' ✔ web 2/2',
      '   ✔ web-1  host-a  running',
      '   ✔ web-2  host-a  running',
      'after',
    ].join('\n'),
  );
});

it('a terminal that becomes narrower, and lower, is drawn anew without leftovers', () => {
  const { screen, tree } = started();
  screen.write('before\n');
  tree.progress([at(1, 'done', 'running'), at(2, 'done', 'running')]);
  screen.narrow(20);
  screen.rows = 4;
  tree.end();
  expect(screen.text).toBe(['before', 'shop 2/2  Ts', ' ✔ web 2/2'].join('\n'));
});

it('nothing is drawn before anything is known', () => {
  const { screen, tree } = started();
  tree.end();
  expect(screen.text).toBe('');
});
