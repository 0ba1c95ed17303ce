import { digestOf } from './file-digest.js';

test('a digest is the SHA-256 of the bytes, whatever they are', () => {
  expect(digestOf(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(digestOf(new Uint8Array([0, 255]))).not.toBe(digestOf(new Uint8Array([0, 254])));
});
