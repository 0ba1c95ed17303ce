// relay.mjs LISTEN CONNECT: passes every connection to LISTEN on to CONNECT. Each is a path of a unix socket, or ADDRESS:PORT.
// Two of them, joined by a unix socket, lead from one network namespace into another.
import { createConnection, createServer } from 'node:net';

const [listen, connect] = process.argv.slice(2).map(parse);

function parse(spec) {
  if (spec.startsWith('/')) return { path: spec };
  const colon = spec.lastIndexOf(':');
  return { host: spec.slice(0, colon), port: Number(spec.slice(colon + 1)) };
}

const server = createServer({ allowHalfOpen: true }, (client) => {
  const target = createConnection({ ...connect, allowHalfOpen: true });
  client.pipe(target).pipe(client);
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
});
server.on('error', (err) => {
  process.stderr.write(`${err.message}\n`);
  process.exit(1);
});
server.listen(listen);
