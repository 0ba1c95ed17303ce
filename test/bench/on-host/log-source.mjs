/**
 * Hosts whose engines have logs as fast as they are read: the agents' own API with TLS, over a port that gives the same
 * frames again and again. Says its endpoints as JSON, then serves until its input ends.
 * node log-source.mjs CERT KEY CA HOSTS MEGABYTES
 * node log-source.mjs CERT KEY CA NUMBER SOCKET: the one host of this number, with the dockerd there
 */
import { Readable } from 'node:stream';
import { readFileSync } from 'node:fs';
import { openOperatorDocker } from '../../../packages/agent/dist/docker/operator-gateway.js';
import { ApiServer } from '../../../packages/agent/dist/api/api-server.js';
import { silentLog, systemClock } from '@nap/shared/runtime';

const [certFile, keyFile, caFile, hosts, source] = process.argv.slice(2);
const LINES = 300;
const TEXT = `${'x'.repeat(190)}\n`;
const isReal = source.startsWith('/');
const totalBytes = isReal ? 0 : Number(source) * 1e6;

/** Frames as dockerd has them, with times that grow. */
function frames(fromLine) {
  const parts = [];
  for (let at = 0; at < LINES; at += 1) {
    const ns = (fromLine + at) * 1000;
    const seconds = 1_700_000_000 + Math.floor(ns / 1e9);
    const time = `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(ns % 1e9).padStart(9, '0')}Z`;
    const text = Buffer.from(`${time} ${String(fromLine + at).padStart(8, '0')} ${TEXT}`);
    const header = Buffer.alloc(8);
    header[0] = 1;
    header.writeUInt32BE(text.length, 4);
    parts.push(header, text);
  }
  return Buffer.concat(parts);
}

/** Made before anybody reads: the source is to cost nothing. */
const chunks = [];
for (let line = 0, bytes = 0; bytes < totalBytes; line += LINES) {
  const chunk = frames(line);
  chunks.push(chunk);
  bytes += chunk.length;
}

function fakeDocker(id, host) {
  const container = { id, name: id, image: 'x', state: 'running', createdAtMs: 0, ports: [] };
  return {
    containers: async () => [{ ...container, instance: `shop.web.${host + 1}` }],
    logs: async () => Readable.from(chunks, { objectMode: false, highWaterMark: 65536 }),
  };
}

const endpoints = [];
const first = isReal ? Number(hosts) : 0;
for (let host = first; host < (isReal ? first + 1 : Number(hosts)); host += 1) {
  const id = `host-${host}`;
  const server = new ApiServer({
    settings: {
      ...{ listen: '127.0.0.1', port: 0, address: '127.0.0.1' },
      tls: { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) },
    },
    ...{ host: id, version: 'bench', log: silentLog, clock: systemClock },
    docker: isReal ? openOperatorDocker(source) : fakeDocker(id, host),
    pull: async () => undefined,
  });
  const listens = new Promise((resolve) => server.onChange(resolve));
  await server.start();
  await listens;
  endpoints.push({ host: id, endpoint: server.endpoint });
}
process.stdout.write(`${JSON.stringify(endpoints)}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
