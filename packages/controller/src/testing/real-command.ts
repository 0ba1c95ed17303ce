import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { CliBed } from './cli-bed.js';

/** The command as it was built, as a process of its own. */

export const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** For a shell. */
export const NAP = `'${process.execPath}' --disable-warning=DEP0123 '${MAIN}'`;

export interface Ended {
  readonly code: number | null;
  /** Output and errors, as they came. */
  readonly text: string;
}

/** Runs it in the bed's directory, and says what it wrote; `meanwhile` is told each time it writes. */
export function runProgram(
  bed: CliBed,
  [file = '', ...args]: readonly string[],
  meanwhile: (child: ChildProcess, text: string) => void = () => undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const PATH = process.env['PATH'] ?? '';
  const own = { NAP_ETCD: bed.cluster.endpoints.join(','), HOME: bed.directory };
  const child = spawn(file, args, {
    cwd: bed.directory,
    env: { PATH, TERM: 'xterm', ...own, ...more },
    stdio: 'pipe',
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece.toString();
      meanwhile(child, text);
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, text });
    });
  });
}

export const bash = (script: string): readonly string[] => ['bash', '-c', script];

/** In a terminal of its own, as wide and as high as that. */
export const inTerminal = (command: string, columns: number, rows: number): readonly string[] => [
  ...['script', '--quiet', '--return', '--flush', '--command'],
  `stty cols ${columns} rows ${rows}; exec ${command}`,
  '/dev/null',
];
