import type { Store, Write } from '../store/store.js';

export const put = (key: string, value = 'v'): Write => ({ kind: 'put', key, value });
export const leased = (key: string, value = 'v'): Write => ({
  kind: 'put',
  key,
  value,
  leased: true,
});
export const remove = (key: string): Write => ({ kind: 'delete', key });

/** Puts under `many/`, in the order of their keys. */
export const many = (count: number, value = 'v'): Write[] =>
  Array.from({ length: count }, (_, index) => put(`many/${String(index).padStart(5, '0')}`, value));

export async function revisionOf(store: Store, write: Write): Promise<bigint> {
  const result = await store.commit([write]);
  if (result.kind === 'refused') throw new Error('an unguarded commit was refused');
  return result.revision;
}
