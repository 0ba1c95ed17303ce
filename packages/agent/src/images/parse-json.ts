/** Undefined for what is no JSON: the words of the parser are dropped, as they quote what it could not read. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A schema refuses it like any other text that does not fit.
    return undefined;
  }
}
