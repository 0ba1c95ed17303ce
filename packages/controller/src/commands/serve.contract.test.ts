import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { startEtcd } from '@nap/shared/testing';
import { CliBed } from '../testing/cli-bed.js';
import { MAIN } from '../testing/real-command.js';

/** How the daemon begins and ends, as a process. Wants a build. */

jest.setTimeout(60_000);

interface Daemon {
  readonly child: ChildProcess;
  readonly text: () => string;
}

function serve(etcd: string, ...flags: readonly string[]): Daemon {
  const env = { PATH: process.env['PATH'], NAP_ETCD: etcd };
  const args = ['--disable-warning=DEP0123', MAIN, 'serve', ...flags];
  const child = spawn(process.execPath, args, { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
  }
  return { child, text: () => text };
}

async function said({ child, text }: Daemon, what: RegExp): Promise<void> {
  while (!what.test(text())) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${text()}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

async function ended({ child }: Daemon, signal?: NodeJS.Signals): Promise<number | null> {
  const exit = child.exitCode === null ? once(child, 'exit') : undefined;
  if (signal !== undefined) child.kill(signal);
  await exit;
  return child.exitCode;
}

let bed: CliBed;
let daemon: Daemon | undefined;
beforeEach(async () => {
  bed = await CliBed.open();
});
afterEach(async () => {
  daemon?.child.kill('SIGKILL');
  await bed.close();
});

it('waits for an etcd that comes up after it, and ends well at SIGTERM', async () => {
  await bed.cluster.first.kill();
  daemon = serve(bed.cluster.first.endpoint);
  await said(daemon, /etcd gives no lease: it is asked again/);
  await bed.cluster.first.start();
  await said(daemon, /"isActive":true/);
  expect(await ended(daemon, 'SIGTERM')).toBe(0);
});

it('waits for an etcd that is full, and can be told not to', async () => {
  const full = await startEtcd({ flags: ['--quota-backend-bytes=65536'] });
  try {
    const value = 'x'.repeat(30_000);
    for (let at = 0; at < 4; at += 1) await full.ctl(['put', `k${at}`, value]).catch(() => '');
    daemon = serve(full.first.endpoint);
    await said(daemon, /database space exceeded.*it is asked again/);
    expect(await ended(daemon, 'SIGTERM')).toBe(0);
  } finally {
    await full.close();
  }
});

it('ends with the exit code of what does not pass by itself', async () => {
  const { cluster } = bed;
  await cluster.ctl(['user', 'add', 'root:secret']);
  await cluster.ctl(['user', 'grant-role', 'root', 'root']);
  await cluster.ctl(['auth', 'enable']);
  const password = await bed.file('password', 'another\n');
  const user = ['--etcd-user', 'root', '--etcd-password-file', password];
  daemon = serve(cluster.first.endpoint, ...user);
  expect(await ended(daemon)).toBe(5);
  expect(daemon.text()).toMatch(/stopping after a failure/);
});
