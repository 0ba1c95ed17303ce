import { createColors } from 'picocolors';

export type Colours = ReturnType<typeof createColors>;

export interface TerminalFacts {
  /** Of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The stream that is written to is a terminal. */
  readonly isTty: boolean;
}

/** Colours are for people: on a terminal that has them, and not where NO_COLOR says so (https://no-color.org). */
export function hasColours({ env, isTty }: TerminalFacts): boolean {
  const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return isTty && !isRefused;
}

/** Functions that colour a text, or leave it as it is. */
export function coloursFor(isWanted: boolean): Colours {
  return createColors(isWanted);
}
