import picocolors from 'picocolors';

/** What text is painted with; each leaves it as it is where there are to be no colours. */
export type Colours = ReturnType<typeof picocolors.createColors>;

export const coloursFor = (isOn: boolean): Colours => picocolors.createColors(isOn);

interface Where {
  /** `--ansi`. */
  readonly ansi: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Whether the stream is one on which the cursor may be moved. */
export function isLively({ ansi, env, isTerminal }: Where): boolean {
  if (ansi === 'always') return true;
  return ansi !== 'never' && isTerminal && env['TERM'] !== 'dumb';
}

/** As no-color.org has it; what is asked for on the command line goes before it. */
export function isColoured(where: Where): boolean {
  if (where.ansi !== 'always' && (where.env['NO_COLOR'] ?? '') !== '') return false;
  return isLively(where);
}
