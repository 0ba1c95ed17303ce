/** How a document is shown to people: a fact a line, its name in a column of its own. */

const NAME_CHARS = 12;

export const timeText = (ms: number): string => new Date(ms).toISOString();

export const indented = (text: string): string => text.replace(/^/gm, '  ');

export const factLine = (name: string, value: string): string =>
  `${name.padEnd(NAME_CHARS)}${value}`;

/** Lines for the facts that there are. */
export function factLines(
  facts: readonly (readonly [name: string, value: string | undefined])[],
): readonly string[] {
  return facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [factLine(name, value)],
  );
}
