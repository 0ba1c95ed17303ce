import type { Codec } from '@nap/shared';

interface Known {
  readonly value: string;
  readonly document: unknown;
}

/**
 * Documents by key, as they were read last. The same text gives the same object, so that reading again what has not changed
 * costs a comparison, and whoever remembers something about a document finds it again. Documents are never changed.
 */
export class DocumentCache {
  readonly #known = new Map<string, Known>();

  get size(): number {
    return this.#known.size;
  }

  /** Throws what the codec throws. */
  read<T>(codec: Codec<T>, { key, value }: { readonly key: string; readonly value: string }): T {
    const known = this.#known.get(key);
    // A key is always read with the same codec: which one, its own text says.
    if (known?.value === value) return known.document as T;
    const document = codec.decode(value, key);
    this.#known.set(key, { value, document });
    return document;
  }

  /** Forgets what is there no more. */
  keepOnly(isThere: (key: string) => boolean): void {
    for (const key of this.#known.keys()) if (!isThere(key)) this.#known.delete(key);
  }
}
