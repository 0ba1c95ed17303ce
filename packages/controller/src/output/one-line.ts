/** Of what a program wrote last a row has room for the end: errors, `inspect` and `logs` have the rest. */
export function inOneLine(message: string): string {
  const [first = '', ...rest] = message.split('\n');
  return rest.length === 0 ? first : `${first.replace(/lines:$/u, 'line:')} ${rest.at(-1) ?? ''}`;
}
