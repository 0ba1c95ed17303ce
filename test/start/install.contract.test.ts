import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** deploy/install.sh on this machine, whose /usr, /etc and /home are copies that end with each test. Needs root, and a build. */

const CHECKOUT = join(import.meta.dirname, '../..');

/** A machine without nap, on which no systemd runs. */
const MACHINE = `
  mount -t tmpfs tmpfs "$SCRATCH"
  for dir in usr etc home; do
    mkdir -p "$SCRATCH/$dir/upper" "$SCRATCH/$dir/work"
    mount -t overlay -o "lowerdir=/$dir,upperdir=$SCRATCH/$dir/upper,workdir=$SCRATCH/$dir/work" overlay "/$dir"
  done
  mount -t tmpfs tmpfs /run
  units=/etc/systemd/system
  wanted=$units/multi-user.target.wants/nap-agent.service
  rm -rf /usr/lib/nap* /usr/bin/nap-* /etc/nap "$units"/nap-* "$units"/*/nap-*
  install() { "$CHECKOUT/deploy/install.sh" "$@"; }
  as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
  has() { ls -d "$@" 2>/dev/null || true; }
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'nap-install-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function onMachine(script: string): Ended {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'bash',
      '--norc',
      '-euc',
      `${MACHINE}\ncd /\n${script}`,
    ],
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: scratch, SCRATCH: scratch, CHECKOUT },
    },
  );
  return { code: status, stdout, stderr };
}

/** What the script prints, which has to end well. */
function said(script: string): string {
  const { code, stdout, stderr } = onMachine(script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim();
}

const VERSIONS = 'nap-agent version; nap-controller version';

it.each([
  ['a link', 'ln -s "$CHECKOUT" "$SCRATCH/link"; CHECKOUT=$SCRATCH/link'],
  [
    'a path with what patterns are made of',
    'at="$SCRATCH/a [b] *c"; mkdir "$at"; mount --bind "$CHECKOUT" "$at"; CHECKOUT=$at',
  ],
])('installs from %s', (_, from) => {
  expect(said(`${from}; install >/dev/null; ${VERSIONS}`)).toMatch(
    /^\d+\.\d+\.\d+\n\d+\.\d+\.\d+$/,
  );
});

it.each([
  ['npm is not there', 'rm /usr/bin/npm', /^install\.sh: npm is not installed/m],
  [
    'a module is missing',
    'mount -t tmpfs tmpfs "$CHECKOUT/node_modules/winston"',
    /winston[^]*install\.sh: npm ls failed/,
  ],
  [
    'what is built does not run',
    'echo "throw new Error()" >"$SCRATCH/main.js"; mount --bind "$SCRATCH/main.js" "$CHECKOUT/packages/agent/dist/main.js"',
    /install\.sh: nap-agent does not run/,
  ],
])('where %s, it says so, and what is installed stays', (_, fault, word) => {
  const { code, stdout, stderr } = onMachine(`
    install >/dev/null
    (PATH=/usr/bin:/bin; ${fault}; exec "$CHECKOUT/deploy/install.sh") && exit 9
    ls -d /usr/lib/nap*
    nap-agent version`);
  expect(stderr).toMatch(word);
  expect(stdout).toMatch(/^\/usr\/lib\/nap\n\d+\.\d+\.\d+$/m);
  expect(code).toBe(0);
});

it('everybody can run what root has installed, whatever umask root and the checkout have', () => {
  const script = `
    cp "$CHECKOUT/packages/controller/dist/main.js" "$SCRATCH/main.js"
    chmod 600 "$SCRATCH/main.js"
    mount --bind "$SCRATCH/main.js" "$CHECKOUT/packages/controller/dist/main.js"
    umask 077
    install >/dev/null
    as_nobody nap-controller version
    as_nobody nap-agent version`;
  expect(said(script)).toMatch(/^\S+\n\S+$/);
});

it('enables the agent when it is first installed; then that is up to the operator', () => {
  const script = `
    install --link | grep enables
    test -L "$wanted"
    systemctl --quiet disable nap-agent.service
    install --link | grep enables || echo nothing
    has "$wanted"`;
  expect(said(script)).toBe('enables nap-agent.service\nnothing');
});

it('installs the controller alone where no containers are to run', () => {
  const script = `
    install --controller-only >/dev/null
    nap-controller version >/dev/null
    has /usr/bin/nap-* "$units"/nap-* "$wanted" /etc/nap/* /usr/lib/nap/packages/*
    install --uninstall >/dev/null
    has /usr/bin/nap-* "$units"/nap-* /usr/lib/nap`;
  expect(said(script).split('\n')).toEqual([
    '/etc/nap/controller.env.example',
    '/etc/systemd/system/nap-controller.service',
    '/usr/bin/nap-controller',
    '/usr/lib/nap/packages/controller',
    '/usr/lib/nap/packages/shared',
  ]);
});

it('does not take the programs away from an agent that is there', () => {
  const { code, stderr } = onMachine('install --link >/dev/null; install --controller-only');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('this host has the agent') as string,
  });
});

it('runs the Node that services find, and refuses one that a shell alone finds', () => {
  const elsewhere = 'mkdir -p "$SCRATCH/bin"; PATH=$SCRATCH/bin:/usr/bin:/bin';
  const other = `${elsewhere}; printf '#!/bin/sh\\nexit 7\\n' >"$SCRATCH/bin/node"; chmod 755 "$SCRATCH/bin/node"`;
  expect(said(`install --link >/dev/null; ${other}; nap-agent version`)).toMatch(/^\S+$/);
  const moved = `${elsewhere}; cp "$(readlink -f /usr/bin/node)" "$SCRATCH/bin/node"; rm /usr/bin/node`;
  const { code, stderr } = onMachine(`${moved}; install`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\/bin\/node is found by this shell alone: services look in \/usr\/local/);
  const atHome = `mkdir /home/nvm; ${moved}; mv "$SCRATCH/bin/node" /home/nvm; ln -s /home/nvm/node /usr/local/bin/node`;
  expect(onMachine(`${atHome}; install`).stderr).toMatch(/node leads to \/home\/nvm\/node, which/);
  // A lab's hosts have such a link.
  expect(said(`${atHome}; install --link >/dev/null; nap-agent version`)).toMatch(/^\S+$/);
});

it('removes the commands also where the units are gone already', () => {
  const script = `
    install --link >/dev/null
    rm "$units"/nap-*.service
    install --uninstall >/dev/null
    has /usr/bin/nap-* "$units"/*/nap-* /usr/lib/nap`;
  expect(said(script)).toBe('');
});
