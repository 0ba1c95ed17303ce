import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import type { Screen } from './commands/context.js';

/** The cursor stays visible: however the process ends, there is nothing to restore. */
export function screenOf(stream: WriteStream): Screen {
  const update = createLogUpdate(stream, { showCursor: true });
  return {
    size: () => ({ rows: stream.rows, columns: stream.columns }),
    show: update,
    leave: () => {
      update.done();
    },
  };
}
