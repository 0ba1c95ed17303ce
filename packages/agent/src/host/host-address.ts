import { createSocket } from 'node:dgram';
import { NapError } from '@nap/shared';

/** Reserved for documentation: nothing is sent there, the kernel only says which address it would use. */
const ANYWHERE = '192.0.2.1';

/** The address of the interface that reaches etcd; etcd on this machine: of the one with the default route. */
export async function hostAddress(endpoints: readonly string[]): Promise<string> {
  const targets = [...endpoints.map((endpoint) => new URL(endpoint).hostname), ANYWHERE];
  for (const target of targets) {
    const address = await sourceAddress(target);
    if (address !== undefined && !address.startsWith('127.')) return address;
  }
  throw new NapError('BAD_CONFIG', 'cannot tell the address of this host on its network', {
    hint: 'give it with --address',
  });
}

/** Connecting a datagram socket sends nothing and fails where there is no route. */
function sourceAddress(target: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (address: string | undefined): void => {
      socket.close();
      resolve(address);
    };
    socket.on('error', () => {
      finish(undefined);
    });
    socket.connect(1, target, () => {
      finish(socket.address().address);
    });
  });
}
