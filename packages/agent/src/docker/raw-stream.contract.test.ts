import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openRawStream } from './raw-stream.js';

/** Against Node's own server on a socket, as the engine's is. */

const NEVER = new AbortController().signal;
let dir: string;
let socket: string;
let server: Server;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nap-raw-'));
  socket = join(dir, 'docker.sock');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(answer: RequestListener): Promise<void> {
  server = createServer(answer);
  server.listen(socket);
  await once(server, 'listening');
}

it('gives what is written, in fewer pieces than it was written in', async () => {
  const line = 'x'.repeat(200);
  await serve(({ url }, response) => {
    for (let at = 0; at < 5_000; at += 1) response.write(`${url} ${at} ${line}\n`);
    response.end();
  });
  const stream = await openRawStream(socket, '/logs?x=1', NEVER);
  let [text, pieces] = ['', 0];
  for await (const piece of stream as AsyncIterable<Buffer>) {
    text += piece.toString('utf8');
    pieces += 1;
  }
  const lines = text.split('\n');
  expect(lines.length).toBe(5_001);
  expect(lines[4_999]).toBe(`/logs?x=1 4999 ${line}`);
  expect(pieces).toBeLessThan(500);
});

it('gives at once what comes now and then', async () => {
  let write: (text: string) => void = () => undefined;
  await serve((_request, response) => {
    write = (text) => void response.write(text);
    response.flushHeaders();
  });
  const stream = await openRawStream(socket, '/', NEVER);
  for (const text of ['one', 'two']) {
    write(text);
    const [piece] = (await once(stream, 'data')) as [Buffer];
    expect(piece.toString('utf8')).toBe(text);
  }
  stream.destroy();
});

it('rejects with what the engine says when it refuses', async () => {
  await serve((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"message":"No such container: x"}');
  });
  await expect(openRawStream(socket, '/', NEVER)).rejects.toMatchObject({
    statusCode: 404,
    message: 'No such container: x',
  });
});

it('fails when the engine hangs up in the middle', async () => {
  await serve((_request, response) => {
    response.write('half');
    setTimeout(() => response.destroy(), 50);
  });
  const stream = await openRawStream(socket, '/', NEVER);
  await expect(buffer(stream)).rejects.toThrow('hung up in the middle');
});

it('rejects when nobody answers: at once without an engine, and with the signal', async () => {
  await expect(openRawStream(join(dir, 'none'), '/', NEVER)).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await serve(() => undefined);
  const waiting = new AbortController();
  const opening = openRawStream(socket, '/', waiting.signal);
  waiting.abort(new Error('long enough'));
  await expect(opening).rejects.toThrow('long enough');
});

it('reads no further than somebody takes it', async () => {
  let written = 0;
  await serve((_request, response) => {
    const more = (): void => {
      do written += 1;
      while (response.write(Buffer.alloc(64 * 1024)) && written < 1_000);
      if (written < 1_000) response.once('drain', more);
    };
    more();
  });
  const stream = await openRawStream(socket, '/', NEVER);
  await once(stream, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(written).toBeLessThan(50);
  stream.destroy();
});
