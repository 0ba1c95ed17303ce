import fc from 'fast-check';
import { ChunkedBody } from './chunked-body.js';

function wrap(chunks: readonly Buffer[], ext: string): Buffer {
  const parts = chunks.flatMap((it) => [`${it.length.toString(16)}${ext}\r\n`, it, '\r\n']);
  return Buffer.concat([...parts, '0\r\n\r\n'].map((it) => Buffer.from(it)));
}

it('gives the same body in whatever pieces it comes', () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const piece = fc.integer({ min: 1, max: 90 });
  fc.assert(
    fc.property(
      ...[fc.array(chunk, { maxLength: 8 }), fc.array(piece), fc.constantFrom('', ';a=1')],
      (bytes, sizes, ext) => {
        const chunks = bytes.map((it) => Buffer.from(it));
        const sent = wrap(chunks, ext);
        const body = new ChunkedBody();
        const got: Buffer[] = [];
        let at = 0;
        for (const size of [...sizes, sent.length]) {
          const part = Buffer.from(sent.subarray(at, at + size));
          got.push(part.subarray(0, body.unwrap(part)));
          at += size;
        }
        expect(Buffer.concat(got)).toEqual(Buffer.concat(chunks));
        expect(body.isOver).toBe(true);
      },
    ),
  );
});

it('is not over before the last chunk', () => {
  const body = new ChunkedBody();
  expect(body.unwrap(Buffer.from('3\r\nabc\r\n'))).toBe(3);
  expect(body.isOver).toBe(false);
});

it.each(['x\r\n', '\r\n', '1\r\nab', '123456789\r\n'])('refuses %j', (text) => {
  expect(() => new ChunkedBody().unwrap(Buffer.from(text))).toThrow('chunk');
});
