import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeCertificates, type Certificates } from '@nap/shared/testing';
import { spread } from './statistics.js';

/**
 * What `logs -f` takes through agent and controller, over TLS to /dev/null: of engines that cost nothing, and with DOCKER_HOST
 * (unix://…) side by side with `docker logs -f` and with the bare API, on one container of that engine. Needs no lab.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const MEGABYTES = Number(process.env['MEGABYTES'] ?? 200);
const ON_HOST = resolve('test/bench/on-host');
const SOCKET = process.env['DOCKER_HOST']?.replace(/^unix:\/\//, '');
const CONTAINER = 'nap-bench-logs';

interface Taken {
  readonly ms: number;
  /** Of the reading process alone, on its processors. */
  readonly cpuMs: number;
  readonly peakKib: number;
}

const toNowhere = (): number => openSync('/dev/null', 'w');

/** The agents' side runs while `work` does. */
async function withSource<T>(
  certificates: Certificates,
  args: readonly string[],
  work: (endpoints: string) => Promise<T>,
): Promise<T> {
  const { certFile, keyFile } = certificates.client('agent');
  const source = spawn(
    process.execPath,
    [join(ON_HOST, 'log-source.mjs'), certFile, keyFile, certificates.caFile, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = (await once(source.stdout, 'data')) as [Buffer];
  try {
    return await work(line.toString('utf8').trim());
  } finally {
    source.stdin.end();
  }
}

async function read(certificates: Certificates, endpoints: string): Promise<Taken> {
  const { certFile, keyFile } = certificates.client('operator');
  const sink = spawn(
    process.execPath,
    [join(ON_HOST, 'log-sink.mjs'), certFile, keyFile, endpoints],
    { stdio: ['ignore', toNowhere(), 'pipe'] },
  );
  if (sink.stderr === null) throw new Error('no pipe');
  // It is what that script prints.
  return JSON.parse(await text(sink.stderr)) as Taken;
}

function timedMs(program: string, ...args: readonly string[]): number {
  const startedAtMs = performance.now();
  const { status } = spawnSync(program, [...args], { stdio: ['ignore', toNowhere(), 'ignore'] });
  return status === 0 ? performance.now() - startedAtMs : Number.NaN;
}

/** A container that has written so much, and has ended: following it ends with its log. */
function makeContainer(socket: string): void {
  const lines = Math.round((MEGABYTES * 1e6) / 200);
  const script = `BEGIN { for (i = 0; i < ${lines}; i++) printf "%08d ${'x'.repeat(190)}\\n", i }`;
  const labels = ['nap.cluster=bench', 'nap.instance=shop.web.1'].flatMap((it) => ['--label', it]);
  const made = spawnSync(
    'docker',
    [
      ...['-H', `unix://${socket}`, 'run', '--name', CONTAINER, ...labels],
      ...[process.env['IMAGE'] ?? 'busybox', 'busybox', 'awk', script],
    ],
    { stdio: ['ignore', toNowhere(), 'inherit'] },
  );
  if (made.status !== 0) throw new Error('docker run has failed');
}

const perSecond = (bytes: number, times: readonly number[]): string =>
  spread(times.map((ms) => bytes / 1e6 / (ms / 1000)));

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'nap-bench-'));
  const certificates = await makeCertificates(dir, ['agent', 'operator']);
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  say(`${MEGABYTES} MB of lines of 200 bytes, ${ROUNDS} rounds; min / median / max`);
  try {
    for (const hosts of [1, 2]) {
      const taken: Taken[] = [];
      await withSource(certificates, [String(hosts), String(MEGABYTES)], async (endpoints) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          taken.push(await read(certificates, endpoints));
        }
      });
      const bytes = hosts * MEGABYTES * 1e6;
      const walls = taken.map(({ ms }) => ms);
      const busy = taken.map(({ cpuMs }) => cpuMs);
      say(`${hosts} hosts, engines that cost nothing: ${perSecond(bytes, walls)} MB/s`);
      say(`  for each second of a processor of the reader: ${perSecond(bytes, busy)} MB`);
      say(`  memory at most: ${spread(taken.map(({ peakKib }) => peakKib / 1024))} MiB`);
    }
    if (SOCKET !== undefined) await besideDocker(certificates, SOCKET, say);
    say(
      `${cpus().length} processors, load ${loadavg()
        .map((it) => it.toFixed(1))
        .join(' ')}`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function besideDocker(
  certificates: Certificates,
  socket: string,
  say: (line: string) => boolean,
): Promise<void> {
  const engine = `unix://${socket}`;
  makeContainer(socket);
  try {
    const [nap, docker, bare]: readonly [number[], number[], number[]] = [[], [], []];
    const url = `http://docker/containers/${CONTAINER}/logs?stdout=1&stderr=1&follow=1&timestamps=1`;
    await withSource(certificates, ['1', socket], async (endpoints) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        nap.push((await read(certificates, endpoints)).ms);
        docker.push(timedMs('docker', '-H', engine, 'logs', '-f', CONTAINER));
        bare.push(timedMs('curl', '-sS', '--unix-socket', socket, url));
      }
    });
    const bytes = MEGABYTES * 1e6;
    say(`one container, agent and controller: ${perSecond(bytes, nap)} MB/s`);
    say(`the same, docker logs -f:            ${perSecond(bytes, docker)} MB/s`);
    say(`the same, the bare API with times:   ${perSecond(bytes, bare)} MB/s`);
  } finally {
    spawnSync('docker', ['-H', engine, 'rm', '-f', CONTAINER], { stdio: 'ignore' });
  }
}

await main();
