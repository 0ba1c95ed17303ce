// nameserver.mjs ADDRESS: answers NXDOMAIN to every question, at once.
// A nameserver that is silent costs a resolver 5 s and more for each name, and Docker's embedded one passes a refusal
// on as silence.
import { createSocket } from 'node:dgram';

const RESPONSE_BIT = 0x80;
const NXDOMAIN = 0x83; // recursion available, code 3

const socket = createSocket('udp4');
socket.on('message', (message, client) => {
  if (message.length < 12) return;
  message[2] |= RESPONSE_BIT;
  message[3] = NXDOMAIN;
  socket.send(message, client.port, client.address);
});
socket.bind(53, process.argv[2]);
