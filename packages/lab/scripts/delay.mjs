// delay.mjs MS LISTEN=CONNECT...: passes every connection to LISTEN on to CONNECT, each ADDRESS:PORT, as a long wire would:
// what is sent arrives MS later, either way, in order; so does the end of it, and a reset. A connection opens at once.
import { createConnection, createServer } from 'node:net';
import { Transform } from 'node:stream';

const [delay, ...wires] = process.argv.slice(2);
const ms = Number(delay);

/** Of one direction of a connection, and once more so much that the receiver does not take; then its sender is not read from. */
const HELD_MAX_BYTES = 4 * 1024 * 1024;

/** Timers of one length go off in the order in which they were set: that is what keeps the order. */
class Held extends Transform {
  #bytes = 0;
  #takeMore;

  constructor() {
    super({ readableHighWaterMark: HELD_MAX_BYTES });
  }

  _transform(chunk, _encoding, done) {
    this.#bytes += chunk.length;
    setTimeout(() => {
      this.#bytes -= chunk.length;
      this.push(chunk);
      const takeMore = this.#takeMore;
      this.#takeMore = undefined;
      takeMore?.(); // the stream itself waits as long as the receiver is behind
    }, ms);
    if (this.#bytes + this.readableLength < HELD_MAX_BYTES) done();
    else this.#takeMore = done;
  }

  _flush(done) {
    setTimeout(done, ms);
  }
}

function pass(from, to) {
  from.setNoDelay(true);
  from.pipe(new Held()).pipe(to);
  from.on('error', () => {
    setTimeout(() => {
      if (to.connecting) to.destroy();
      else to.resetAndDestroy();
    }, ms);
  });
}

function parse(address) {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

for (const wire of wires) {
  const [listen, connect] = wire.split('=').map(parse);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = createConnection({ ...connect, allowHalfOpen: true });
    pass(client, target);
    pass(target, client);
  });
  server.on('error', (err) => {
    process.stderr.write(`${err.message}\n`);
    process.exit(1);
  });
  server.listen(listen);
}
