import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { canRunDockerd, startPrivateDockerd, type PrivateDockerd } from '@nap/agent/testing';
import { makeCertificates, type Certificates } from '@nap/shared/testing';
import { processUsage } from './hollow/process-usage.js';
import { Agents, readThrough, runTogether, type Taken } from './log-processes.js';
import { spread } from './statistics.js';

/**
 * What `logs -f` takes through agents and controller, over TLS to /dev/null. First of engines that cost nothing; then, where
 * this is root and there is a dockerd, of three dockerds of its own, side by side with `docker logs -f` and with the bare API
 * on the same containers. Needs no lab.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
/** Of each host. */
const MEGABYTES = Number(process.env['MEGABYTES'] ?? 200);
const DOCKER_MEGABYTES = Number(process.env['DOCKER_MEGABYTES'] ?? 50);
const DOCKERDS = 3;
const DRIVERS = ['json-file', 'local'] as const;
const LINE_BYTES = 200;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const rate = (megabytes: number, times: readonly number[]): string =>
  spread(times.map((ms) => megabytes / (ms / 1000)));

async function free(certificates: Certificates, hosts: number): Promise<void> {
  const agents = await Agents.start(certificates, [[String(hosts), String(MEGABYTES)]]);
  const taken: Taken[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      taken.push(await readThrough(certificates, agents));
    }
  } finally {
    await agents.stop();
  }
  const megabytes = hosts * MEGABYTES;
  say(`${hosts} hosts, engines that cost nothing, ${megabytes} MB:`);
  say(
    `  MB/s: ${rate(
      megabytes,
      taken.map(({ ms }) => ms),
    )}`,
  );
  say(
    `  MB for each second of a processor, reader: ${rate(
      megabytes,
      taken.map((it) => it.cpuMs),
    )}`,
  );
  say(
    `  … agents, with making it up: ${rate(
      megabytes,
      taken.map((it) => it.agentsCpuMs),
    )}`,
  );
  const memory = (of: (it: Taken) => Taken['memory']): string =>
    taken.map((it) => `${of(it).firstMib.toFixed(0)} → ${of(it).lastMib.toFixed(0)}`).join(', ');
  say(`  memory at most, first → last quarter, MiB: reader ${memory((it) => it.memory)};`);
  say(`    agents ${memory((it) => it.agentsMemory)}`);
}

const containerOf = (driver: string): string => `flood-${driver}`;

/** One container for each driver that has written so much, and has ended: following it ends with its log. */
async function write(engine: PrivateDockerd, at: number): Promise<void> {
  await engine.makeImage('box');
  const lines = Math.round((DOCKER_MEGABYTES * 1e6) / LINE_BYTES);
  const script = `BEGIN { for (i = 0; i < ${lines}; i++) printf "%08d ${'x'.repeat(190)}\\n", i }`;
  for (const driver of DRIVERS) {
    const instance = `shop.${driver === 'local' ? 'local' : 'web'}.${at + 1}`;
    const labels = ['nap.cluster=bench', `nap.instance=${instance}`].flatMap((it) => [
      '--label',
      it,
    ]);
    const log = ['--log-driver', driver, '--log-opt', 'max-size=1g'];
    const name = containerOf(driver);
    engine.docker('run', '-d', '--name', name, ...labels, ...log, 'box', 'busybox', 'awk', script);
    engine.docker('wait', name);
  }
}

interface Figures {
  readonly ms: number[];
  readonly dockerdMs: number[];
  readonly agentsMs: number[];
  readonly readerMs: number[];
}

class Beside {
  private readonly certificates: Certificates;
  private readonly engines: readonly PrivateDockerd[];
  private readonly driver: string;

  constructor(certificates: Certificates, engines: readonly PrivateDockerd[], driver: string) {
    this.certificates = certificates;
    this.engines = engines;
    this.driver = driver;
  }

  async measure(): Promise<void> {
    const ways = {
      'the bare API with times (curl)': () => this.bare(),
      'docker logs -f': () => this.docker(),
      'agents and controller': () => this.nap(),
    };
    const all = new Map(Object.keys(ways).map((name) => [name, noFigures()]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, way] of Object.entries(ways)) {
        const before = this.dockerdMs();
        const { ms, agentsMs, readerMs } = await way();
        const figures = all.get(name);
        figures?.ms.push(ms);
        figures?.dockerdMs.push(this.dockerdMs() - before);
        figures?.agentsMs.push(agentsMs);
        figures?.readerMs.push(readerMs);
      }
    }
    const megabytes = this.engines.length * DOCKER_MEGABYTES;
    say(`${this.engines.length} dockerds, ${this.driver}, ${megabytes} MB:`);
    for (const [name, { ms, dockerdMs, agentsMs, readerMs }] of all) {
      const each = (times: readonly number[]): string =>
        spread(
          times.map((it) => it / megabytes),
          1,
        );
      say(
        `  ${name}: ${rate(megabytes, ms)} MB/s; ms of a processor for a MB: dockerd ${each(dockerdMs)}, agents ${each(agentsMs)}, reader ${each(readerMs)}`,
      );
    }
  }

  private dockerdMs(): number {
    const pids = this.engines.map(({ pidFile }) => Number(readFileSync(pidFile, 'utf8')));
    return pids.reduce((sum, pid) => sum + processUsage(pid).cpuMs, 0);
  }

  private async bare(): Promise<Once> {
    const url = `http://docker/containers/${containerOf(this.driver)}/logs?stdout=1&stderr=1&follow=1&timestamps=1`;
    return this.plain(({ socket }) => ['curl', '-sS', '--unix-socket', socket, url]);
  }

  private async docker(): Promise<Once> {
    const name = containerOf(this.driver);
    return this.plain(({ socket }) => ['docker', '-H', `unix://${socket}`, 'logs', '-f', name]);
  }

  private async plain(command: (of: PrivateDockerd) => [string, ...string[]]): Promise<Once> {
    const { ms, cpuMs } = await runTogether(this.engines.map(command));
    return { ms, agentsMs: 0, readerMs: cpuMs };
  }

  private async nap(): Promise<Once> {
    const service = this.driver === 'local' ? 'local' : 'web';
    const agents = await Agents.start(
      this.certificates,
      this.engines.map(({ socket }, at) => [String(at), socket]),
    );
    try {
      const { ms, cpuMs, agentsCpuMs } = await readThrough(this.certificates, agents, service);
      return { ms, agentsMs: agentsCpuMs, readerMs: cpuMs };
    } finally {
      await agents.stop();
    }
  }
}

interface Once {
  readonly ms: number;
  readonly agentsMs: number;
  readonly readerMs: number;
}

const noFigures = (): Figures => ({ ms: [], dockerdMs: [], agentsMs: [], readerMs: [] });

async function withDockerds(certificates: Certificates): Promise<void> {
  const engines: PrivateDockerd[] = [];
  try {
    for (let at = 0; at < DOCKERDS; at += 1) {
      const engine = await startPrivateDockerd();
      engines.push(engine);
      await write(engine, at);
    }
    for (const driver of DRIVERS) {
      for (const count of [1, DOCKERDS]) {
        await new Beside(certificates, engines.slice(0, count), driver).measure();
      }
    }
  } finally {
    for (const engine of engines) await engine.stop();
  }
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'nap-bench-'));
  const certificates = await makeCertificates(dir, ['agent', 'operator']);
  const load = (): string =>
    loadavg()
      .map((it) => it.toFixed(1))
      .join(' ');
  say(`lines of ${LINE_BYTES} bytes, ${ROUNDS} rounds, min / median / max; load ${load()}`);
  try {
    for (const hosts of [1, 3]) await free(certificates, hosts);
    const hasDocker = canRunDockerd() && spawnSync('docker', ['--version']).status === 0;
    if (hasDocker) await withDockerds(certificates);
    else say('no dockerd, or not root: nothing to compare with');
    say(`${cpus().length} processors, load ${load()}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
