import { Bed, CONTROLLER, until, type Running } from './bed.js';

/** A real pseudo-terminal, that of script(1), and what people do at one. */

const NAP = `${process.execPath} --disable-warning=DEP0123 ${CONTROLLER}`;

/** `nap-controller …`, as a line of a shell. */
export const napLine = (args: string): string => `${NAP} ${args}`;

/** Everything typed, as into a terminal of 100 by 30. */
export const inTerminal = (bed: Bed, ...commands: readonly string[]): Running =>
  bed.startProgram('script', [
    ...['-qfec', ['tty', 'stty cols 100 rows 30', ...commands].join('; '), '/dev/null'],
  ]);

/** At the prompt of a shell: its size, also when that changes, Ctrl-C; ends it with `exit 7`. `sleeps`: so does the shell's command. */
export async function workAtTerminal(
  bed: Bed,
  running: Running,
  sleeps: () => boolean,
): Promise<void> {
  const type = (text: string): boolean | undefined => running.child.stdin?.write(text);
  await until('a prompt', () => running.out().includes('# '));
  type('busybox stty size; tty=yes; echo "a-$tty"\n');
  await until(
    'the size',
    () => running.out().includes('30 100') && running.out().includes('a-yes'),
  );
  const [tty = ''] = /\/dev\/pts\/\d+/.exec(running.out()) ?? [];
  await bed.startProgram('stty', ['-F', tty, 'cols', '120', 'rows', '40']).ended;
  await until('the new size', () => {
    type('busybox stty size\n');
    return running.out().includes('40 120');
  });
  type('sleep 1000\n');
  await until('it sleeps', sleeps);
  type('\u0003');
  type('echo "after-$?"\n');
  await until('Ctrl-C has ended it', () => running.out().includes('after-130'));
  type('exit 7\n');
  running.child.stdin?.end();
}
