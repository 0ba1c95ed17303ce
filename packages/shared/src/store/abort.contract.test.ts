import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { untilAborted } from './abort.js';

describe('waiting with a signal', () => {
  /** Wants a build: Node's warnings are seen outside of Jest alone. */
  it('is for any number at once: Node warns of no leak', async () => {
    const module = join(import.meta.dirname, '../../dist/store/abort.js');
    const script = `
      const { untilAborted } = await import(${JSON.stringify(module)});
      const { signal } = new AbortController();
      const answers = Array.from({ length: 24 }, (_, at) => Promise.resolve(at));
      await Promise.all(answers.map((answer) => untilAborted(answer, signal)));`;
    const args = ['--input-type=module', '--eval', script];
    const { stderr } = await promisify(execFile)(process.execPath, args);
    expect(stderr).toBe('');
  });

  it('ends with the reason of the signal, whatever becomes of the promise', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), stop.signal);
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
