import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { eventually } from './machine/eventually.js';
import { script } from './paths.js';

/** scripts/delay.mjs, between a client and a server of this test. */

jest.setTimeout(60_000);

const MS = 150;
/** Timers of two processes on a busy machine. */
const EARLY_MS = 5;

interface Wire {
  readonly server: Server;
  readonly process: ChildProcess;
  readonly dial: () => Promise<{ readonly near: Socket; readonly far: Socket }>;
}

const wires: Wire[] = [];
afterEach(() => {
  for (const wire of wires.splice(0)) {
    wire.process.kill('SIGKILL');
    wire.server.close();
  }
});

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
};

const opened = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
};

async function makeWire(): Promise<Wire> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Some are reset on purpose.
  server.on('connection', (socket) => socket.on('error', () => undefined));
  const probed = once(server, 'connection');
  const port = await freePort();
  const spec = `127.0.0.1:${port}=127.0.0.1:${(server.address() as AddressInfo).port}`;
  const process_ = spawn(process.execPath, [script('delay.mjs'), String(MS), spec], {
    stdio: 'inherit',
  });
  await eventually(async () => (await opened(port)).destroy().destroyed, {
    what: 'it listens',
    timeoutMs: 10_000,
  });
  const dial: Wire['dial'] = async () => {
    const accepted = once(server, 'connection');
    const near = await opened(port);
    const [far] = (await accepted) as [Socket];
    return { near, far };
  };
  const wire = { server, process: process_, dial };
  await probed;
  wires.push(wire);
  return wire;
}

/** All that it hears to the end. The consumers of node:stream would destroy it then, and it may have more to say. */
const heardBy = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(socket, 'end');
  return Buffer.concat(chunks);
};

it('what is sent arrives later, either way, in order and all of it', async () => {
  const { dial } = await makeWire();
  const { near, far } = await dial();
  far.pipe(far);
  const got = heardBy(near);
  const sentAt = performance.now();
  const firstAt = once(near, 'data').then(() => performance.now());
  const sent = Array.from({ length: 200 }, (_, at) => Buffer.alloc(4_321, at));
  for (const chunk of sent) near.write(chunk);
  near.end();
  expect((await firstAt) - sentAt).toBeGreaterThanOrEqual(2 * MS - EARLY_MS);
  expect((await got).equals(Buffer.concat(sent))).toBe(true);
  // Together, not one after the other.
  expect(performance.now() - sentAt).toBeLessThan(100 * MS);
});

it('one that sends no more still hears', async () => {
  const { dial } = await makeWire();
  const { near, far } = await dial();
  const request = heardBy(far);
  near.end('question');
  expect((await request).toString()).toBe('question');
  far.end('answer');
  expect((await heardBy(near)).toString()).toBe('answer');
});

it('a reset arrives later, too', async () => {
  const { dial } = await makeWire();
  const { near, far } = await dial();
  const failed = once(near, 'error');
  const resetAt = performance.now();
  far.resetAndDestroy();
  expect(((await failed) as [NodeJS.ErrnoException])[0].code).toBe('ECONNRESET');
  expect(performance.now() - resetAt).toBeGreaterThanOrEqual(MS - EARLY_MS);
});

it('what was sent before a reset is not lost by it', async () => {
  const { dial } = await makeWire();
  const { near, far } = await dial();
  // Where both arrive at one moment libuv takes the reset for the end.
  const over = new Promise((resolve) => near.once('error', resolve).once('end', resolve));
  const heard = once(near, 'data');
  near.write('question');
  await once(far, 'data');
  far.write('answer', () => far.resetAndDestroy());
  expect(String((await heard)[0])).toBe('answer');
  await over;
});

it('takes no more from a sender than it can hold, and loses none of it', async () => {
  const { dial } = await makeWire();
  const { near, far } = await dial();
  far.pause();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const chunks = 48;
  for (let at = 0; at < chunks; at += 1) near.write(chunk);
  near.end();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  // The kernel's own buffers are up to 16 MiB on the way there.
  expect(near.writableLength).toBeGreaterThan(8 * 1024 * 1024);
  expect((await heardBy(far)).length).toBe(chunks * chunk.length);
});
