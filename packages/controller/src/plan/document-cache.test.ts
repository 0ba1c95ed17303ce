import type { Codec } from '@nap/shared';
import { DocumentCache } from './document-cache.js';

const codec: Codec<{ readonly n: number }> = {
  encode: ({ n }) => String(n),
  decode: (text) => ({ n: Number(text) }),
};

it('gives the same object for the same text, and another one as soon as the text is another', () => {
  const documents = new DocumentCache();
  const first = documents.read(codec, { key: 'a', value: '1' });
  expect(documents.read(codec, { key: 'a', value: '1' })).toBe(first);
  expect(documents.read(codec, { key: 'b', value: '1' })).not.toBe(first);
  expect(documents.read(codec, { key: 'a', value: '2' })).toEqual({ n: 2 });
  expect(documents.read(codec, { key: 'a', value: '1' })).not.toBe(first);
});

it('forgets what is there no more', () => {
  const documents = new DocumentCache();
  for (const key of ['a', 'b']) documents.read(codec, { key, value: '1' });
  documents.keepOnly((key) => key === 'b');
  expect(documents.size).toBe(1);
});
