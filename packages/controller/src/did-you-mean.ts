import { closest, distance } from 'fastest-levenshtein';

const WORD_CHARS_MAX = 64;

/** The nearest of the known words, when the wrong one is near enough to be a slip. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  // Longer ones are no slip of the pen, and slow to compare.
  if (known.length === 0 || word.length > WORD_CHARS_MAX) return undefined;
  // Half of a word is no slip, but as clear: "healthy" for "service_healthy".
  const whole = known.filter((other) => other.split(/[_-]/).includes(word));
  if (whole.length === 1) return `did you mean "${whole.join('')}"?`;
  const { nearest, changes } = nearestOf(word.toLowerCase(), known);
  const limit = Math.max(1, Math.floor(nearest.length / 3));
  // All of a short word changed is another word.
  const isSlip = changes <= limit && changes < nearest.length;
  return isSlip ? `did you mean "${nearest}"?` : undefined;
}

interface Near {
  readonly nearest: string;
  readonly changes: number;
}

/** Two neighbours that changed places are one change, which the library counts as two. */
function nearestOf(word: string, known: readonly string[]): Near {
  const near = (text: string, before: number): Near => {
    const nearest = closest(text, [...known]);
    return { nearest, changes: before + distance(text, nearest) };
  };
  return swapsOf(word)
    .map((swapped) => near(swapped, 1))
    .reduce((best, it) => (it.changes < best.changes ? it : best), near(word, 0));
}

const swapsOf = (word: string): readonly string[] =>
  Array.from(
    { length: Math.max(0, word.length - 1) },
    (_, at) => `${word.slice(0, at)}${word.charAt(at + 1)}${word.charAt(at)}${word.slice(at + 2)}`,
  );
