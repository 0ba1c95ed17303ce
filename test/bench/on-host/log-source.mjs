/**
 * Hosts whose engines have logs as fast as they are read: the agents' own API with TLS, over a port that makes such frames as
 * dockerd sends. Says its endpoints as JSON, then serves until its input ends.
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
const HEADER_BYTES = 8;
const TIME = '2023-11-14T22:13:20.000000000Z';
const BASE_S = Math.floor(Date.parse(TIME) / 1000);
const TEXT = `${TIME} 00000000 ${'x'.repeat(190)}\n`;
const FRAME_BYTES = HEADER_BYTES + TEXT.length;
const isReal = source.startsWith('/');
/** Of each host that has no dockerd. */
const chunks = Math.ceil((Number(source) * 1e6) / FRAME_BYTES / LINES);

function template() {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = 1;
  header.writeUInt32BE(TEXT.length, 4);
  const one = Buffer.concat([header, Buffer.from(TEXT)]);
  return Buffer.concat(Array.from({ length: LINES }, () => one));
}

/** In digits, from their last one on. */
function writeDigits(bytes, end, value, count) {
  let rest = value;
  for (let at = end - 1; at >= end - count; at -= 1) {
    bytes[at] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

let [knownS, knownText] = [-1, ''];
function secondOf(us) {
  const s = BASE_S + Math.floor(us / 1e6);
  if (s !== knownS) [knownS, knownText] = [s, new Date(s * 1000).toISOString().slice(0, 19)];
  return knownText;
}

/** Line by line a microsecond later, of all hosts the same: what is merged takes turns with each line. */
function* frames() {
  const plain = template();
  for (let line = 0; line < chunks * LINES; line += LINES) {
    const chunk = Buffer.from(plain);
    for (let at = 0; at < LINES; at += 1) {
      const time = at * FRAME_BYTES + HEADER_BYTES;
      const us = line + at;
      if (us >= 1e6) chunk.write(secondOf(us), time, 'latin1');
      writeDigits(chunk, time + 26, us % 1e6, 6);
      writeDigits(chunk, time + TIME.length + 9, us, 8);
    }
    yield chunk;
  }
}

function fakeDocker(id, host) {
  const container = { id, name: id, image: 'x', state: 'running', createdAtMs: 0, ports: [] };
  return {
    containers: async () => [{ ...container, instance: `shop.web.${host + 1}` }],
    logs: async () => Readable.from(frames(), { objectMode: false }),
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
  endpoints.push({
    ...{ host: id, endpoint: server.endpoint },
    ...(isReal ? {} : { lines: chunks * LINES }),
  });
}
process.stdout.write(`${JSON.stringify(endpoints)}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
