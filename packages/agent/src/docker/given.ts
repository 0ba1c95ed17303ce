export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. A field that is not set shall leave no trace in a request: engines read `null` as a wish. */
export function given<T extends object>(fields: T): Given<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // What is left out is exactly what has no value, and no value is changed.
  return Object.fromEntries(entries) as Given<T>;
}
