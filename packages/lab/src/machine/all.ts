/** Waits for every piece of work, then throws the first failure: nothing goes on behind the back of an error. */
export async function all<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
