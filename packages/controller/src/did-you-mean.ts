import { closest, distance } from 'fastest-levenshtein';

const WORD_CHARS_MAX = 64;

/** The nearest of the known words, when the wrong one is near enough to be a slip. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  // Longer ones are no slip of the pen, and slow to compare.
  if (known.length === 0 || word.length > WORD_CHARS_MAX) return undefined;
  // Half of a word is no slip, but as clear: "healthy" for "service_healthy".
  const whole = known.filter((other) => other.split(/[_-]/).includes(word));
  if (whole.length === 1) return `did you mean "${whole.join('')}"?`;
  const nearest = closest(word.toLowerCase(), [...known]);
  const limit = Math.max(1, Math.floor(nearest.length / 3));
  const changes = distance(word.toLowerCase(), nearest);
  // All of a short word changed is another word.
  const isSlip = changes <= limit && changes < nearest.length;
  return isSlip ? `did you mean "${nearest}"?` : undefined;
}
