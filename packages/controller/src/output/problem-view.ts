import type { Place, Problem } from '@nap/shared';

const NOWHERE: Place = { file: '', line: 0, column: 0 };

function byPlace(first: Problem, second: Problem): number {
  const [a, b] = [first.place ?? NOWHERE, second.place ?? NOWHERE];
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line === b.line ? a.column - b.column : a.line - b.line;
}

/** By file, then by line, as a person reads them. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(byPlace);
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One problem never spans lines, whatever a file put into it: control characters show as escapes. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (char) => NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function problemLines(problem: Problem): readonly string[] {
  const { place, path, severity, message, hint } = problem;
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}  `;
  const what = path === '' ? message : `${path}: ${message}`;
  const first = `${where}${severity}  ${what}`;
  return hint === undefined ? [printable(first)] : [printable(first), `    ${printable(hint)}`];
}

/** A line for each problem, `compose.yml:12:5  error  services.web.imge: unknown key`, and its hint indented below. */
export function renderProblems(problems: readonly Problem[]): string {
  return sortProblems(problems)
    .flatMap(problemLines)
    .map((line) => `${line}\n`)
    .join('');
}
