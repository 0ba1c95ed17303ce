import {
  hostId,
  instanceId,
  keys,
  nameRecordCodec,
  projectName,
  serviceName,
  specHash,
} from '@nap/shared';
import { text } from 'node:stream/consumers';
import { openStore } from '@nap/shared/store';
import { apply, cleanUp, lab, row, settled } from './support/cluster.js';

/** A reader in a hot loop never sees a missing name, a torn line or an empty file while names come and go. */

const P = 'reader';
const READS_MIN = 50_000;
const CHANGES = 100;

beforeAll(async () => {
  await cleanUp(P);
  await apply(P, 'services:\n  web: { image: busybox }\n  db: { image: busybox }\n');
  await settled(P);
});
afterAll(async () => {
  await cleanUp(P);
});

it(`sees only whole files in ${READS_MIN} reads while ${CHANGES} names change`, async () => {
  const { host } = await row(P, 'reader-web-1');
  const { ip = '' } = await row(P, 'reader-db-1');
  const reader = await lab.spawn(host, [
    'docker',
    'exec',
    'reader-web-1',
    'sh',
    '-c',
    READER,
    'reader',
    ip,
  ]);
  const output = text(reader.stdout);
  let hasEnded = false;
  void reader.exited.then(() => (hasEnded = true));
  const changes = await changeNames(() => hasEnded);
  const [reads, missing, torn, empty, versions] = (await output).trim().split(' ').map(Number);
  expect({ missing, torn, empty }).toEqual({ missing: 0, torn: 0, empty: 0 });
  expect(reads).toBeGreaterThanOrEqual(READS_MIN);
  expect(changes).toBeGreaterThanOrEqual(CHANGES);
  // The file did change under the reader, or the test proves nothing.
  expect(versions).toBeGreaterThan(CHANGES / 4);
});

/**
 * Runs inside the container, without a process a read: the shell reads byte by byte, so that a write in between would be
 * seen as a torn line at once. Prints: reads, without the name, with a malformed line, empty, different texts.
 */
const READER = `
ip=$1 reads=0 missing=0 torn=0 empty=0 versions=0 last=
while [ $reads -lt ${READS_MIN} ]; do
  reads=$((reads + 1)) found=0 lines=0 all=
  while read -r address names; do
    lines=$((lines + 1)) all="$all|$address $names"
    case $address in '' | '#'*) continue ;; esac
    case $address in *[!0-9a-f.:]*) torn=$((torn + 1)) ;; esac
    case $names in '') torn=$((torn + 1)) ;; esac
    [ "$address" != "$ip" ] || case " $names " in *' db '*) found=1 ;; esac
  done </etc/hosts
  [ $lines -gt 0 ] || empty=$((empty + 1))
  [ $found = 1 ] || missing=$((missing + 1))
  [ "$all" = "$last" ] || versions=$((versions + 1)) last=$all
done
echo $reads $missing $torn $empty $versions
`;

/** As other hosts' agents do: name records come, change their address, and go. */
async function changeNames(isOver: () => boolean): Promise<number> {
  const { etcd } = await lab.plan();
  const project = projectName(P);
  const service = serviceName('guest');
  const port = 23_790;
  await lab.forward(port, etcd[0]?.name ?? '', 2379);
  const store = openStore({ endpoints: [`http://127.0.0.1:${port}`] });
  try {
    let at = 0;
    for (; at < CHANGES || !isOver(); at += 1) {
      const index = (at % 7) + 1;
      const instance = instanceId(`${P}.guest.${index}`);
      const value = nameRecordCodec.encode({
        instance,
        project,
        service,
        index,
        host: hostId('host-z'),
        ip: `10.4.200.${(at % 250) + 1}`,
        containerName: `${P}-guest-${index}`,
        aliases: at % 2 === 0 ? ['visitor'] : [],
        condition: 'ready',
        specHash: specHash(`v1:${'0'.repeat(64)}`),
      });
      const key = keys.name(instance);
      await store.commit([at % 3 === 2 ? { kind: 'delete', key } : { kind: 'put', key, value }]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return at;
  } finally {
    for (let index = 1; index <= 7; index += 1) {
      await store.commit([{ kind: 'delete', key: keys.name(instanceId(`${P}.guest.${index}`)) }]);
    }
    await store.close();
    await lab.unforward(port);
  }
}
