import { systemClock } from '@nap/shared/runtime';
import { createLogUpdate } from 'log-update';
import type { Colours } from '../output/colours.js';
import { progressTree } from '../output/progress-tree.js';
import type { InstanceProgress } from '../plan/convergence.js';
import type { ProgressSink } from './progress-sink.js';

export type Terminal = Pick<
  NodeJS.WriteStream,
  'isTTY' | 'columns' | 'rows' | 'write' | 'on' | 'off'
>;

const FRAME_MS = 100;
const ERASE_LINE_ABOVE = '\u001B[2K\u001B[1A';
// eslint-disable-next-line no-control-regex -- colours are control characters, and take no room
const COLOUR = /\u001B\[\d+m/g;

/** A tree that is drawn anew in its place, on a terminal. */
export class LiveTree implements ProgressSink {
  readonly #terminal: Terminal;
  readonly #project: string;
  readonly #colours: Colours;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #startedAtMs = systemClock.monotonicMs();
  readonly #onResize = (): void => {
    this.#resized();
  };
  #timer: ReturnType<typeof setInterval> | undefined;
  #instances: readonly InstanceProgress[] = [];
  #shown: readonly string[] = [];
  #frame = 0;

  constructor(terminal: Terminal, project: string, colours: Colours) {
    this.#terminal = terminal;
    this.#project = project;
    this.#colours = colours;
    // It asks for no more of a stream than this terminal has.
    this.#draw = createLogUpdate(terminal as NodeJS.WriteStream);
  }

  progress(instances: readonly InstanceProgress[]): void {
    this.#instances = instances;
    if (this.#timer === undefined) {
      this.#terminal.on('resize', this.#onResize);
      this.#timer = setInterval(() => {
        this.#frame += 1;
        this.#redraw();
      }, FRAME_MS);
      this.#timer.unref();
    }
    this.#redraw();
  }

  say(text: string): void {
    this.#draw.clear();
    this.#terminal.write(`${text}\n`);
    if (this.#timer !== undefined) this.#redraw();
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal.off('resize', this.#onResize);
    this.#redraw();
    this.#draw.done();
  }

  #redraw(): void {
    // A terminal that does not say how large it is is taken for one of old.
    const { columns, rows } = this.#terminal;
    this.#shown = progressTree(this.#project, this.#instances, {
      ...{ columns: columns || 80, rows: rows || 24 },
      ...{ colours: this.#colours, frame: this.#frame },
      elapsedMs: systemClock.monotonicMs() - this.#startedAtMs,
    });
    this.#draw(this.#shown.join('\n'));
  }

  /** A terminal that became narrower has broken the lines that no longer fit: they take more room than when drawn. */
  #resized(): void {
    const { columns } = this.#terminal;
    if (columns > 0) {
      const room = this.#shown.map((line) =>
        Math.ceil(Array.from(line.replaceAll(COLOUR, '')).length / columns),
      );
      const more = room.reduce((sum, lines) => sum + Math.max(0, lines - 1), 0);
      this.#terminal.write(ERASE_LINE_ABOVE.repeat(more));
    }
    this.#redraw();
  }
}
