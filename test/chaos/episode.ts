import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Lab } from '@nap/lab';
import { isFault, PROJECTS, type Action, type ChaosSchedule, type Fault } from './actions.js';
import { collect } from './artefacts.js';
import { prepareClocks } from './clocks.js';
import { labDifferences, readPlacements } from './etcd-state.js';
import { breakIt, mendAll } from './faults.js';
import { impairmentOf, Impairments, type Impairment } from './impairments.js';
import { ChaosLog } from './log.js';
import { makeChaos } from './make-chaos.js';
import { Operators } from './operators.js';
import { PlacementsLog } from './placements-log.js';
import { DATA_VOLUME, DATABASE, ONCE, START_FIRST } from './projects.js';
import { Rules } from './rules.js';
import { seeHosts } from './seen.js';

/** One schedule on the lab that is up: from a cluster that is well, through its faults, to a cluster that is well. */

export interface EpisodeOutcome {
  readonly violations: readonly string[];
  /** Log, schedule, and, where something is broken, everything else. */
  readonly directory: string;
  /** From the last fault to the final state. */
  readonly calmMs: number;
  readonly actions: number;
}

const LOOK_EVERY_MS = 400;
const READ_EVERY_MS = 3_000;
const BASE = { version: 1, web: 2, api: 1 };
const BEFORE_MS = 120_000;
/** Leases, backoffs of a minute, a rollout that waits. */
const CALM_MS = 240_000;
const FINAL_APPLY_S = '120';
const RESTART_MS = 5_000;

export async function runEpisode(
  lab: Lab,
  { seed, minutes }: { readonly seed: number; readonly minutes: number },
): Promise<EpisodeOutcome> {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const directory = resolve('test-results/chaos', `seed-${seed}-${stamp}`);
  const hosts = await lab.hosts();
  const members = (await lab.plan()).etcd.map(({ name }) => name);
  const schedule = makeChaos({ seed, minutes, hosts, members });
  const episode = new Episode(lab, schedule, directory);
  return episode.run(hosts);
}

const pause = async (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

class Episode {
  readonly lab: Lab;
  private readonly schedule: ChaosSchedule;
  private readonly directory: string;
  private readonly log: ChaosLog;
  readonly operators: Operators;
  private readonly impairments = new Impairments();
  private readonly placements = new PlacementsLog();
  private readonly rules: Rules;
  private readonly violations: string[] = [];
  private readonly sinceMs = Date.now();
  private isOver = false;

  constructor(lab: Lab, schedule: ChaosSchedule, directory: string) {
    this.lab = lab;
    this.schedule = schedule;
    this.directory = directory;
    this.log = new ChaosLog(join(directory, 'log.jsonl'));
    this.operators = new Operators(lab, this.log, directory);
    const of = { once: new Set([ONCE]), startFirst: new Set(START_FIRST) };
    this.rules = new Rules(of, this.impairments, this.placements);
  }

  async run(hosts: readonly string[]): Promise<EpisodeOutcome> {
    const { lab, schedule, directory } = this;
    await writeFile(join(directory, 'schedule.json'), JSON.stringify(schedule, undefined, 1));
    let watching: Promise<unknown> = Promise.resolve();
    let calmMs = 0;
    try {
      await this.prepare(hosts);
      watching = Promise.all([this.look(hosts), this.read()]);
      await this.go();
      if (this.violations.length === 0) calmMs = await this.calmDown(hosts);
    } catch (err) {
      this.violate(err instanceof Error ? err.message : String(err));
    } finally {
      this.isOver = true;
      await watching;
      if (this.violations.length > 0) await collect(lab, directory);
      await this.operators.idle();
      await this.mend();
      await this.operators.stopDaemons();
    }
    this.log.add('over', { violations: this.violations });
    return { violations: this.violations, directory, calmMs, actions: schedule.actions.length };
  }

  private violate(sentence: string): void {
    if (this.violations.includes(sentence)) return;
    this.violations.push(sentence);
    this.log.add('VIOLATION', { sentence });
  }

  private async mend(): Promise<void> {
    await mendAll(this).catch((err: unknown) => {
      this.log.add('mending failed', { why: String(err) });
    });
  }

  private async prepare(hosts: readonly string[]): Promise<void> {
    const { lab, operators } = this;
    await mendAll(this);
    if (!(await prepareClocks(lab))) this.log.add('no clock is set: faketime is not installed');
    await this.activate(hosts);
    for (const host of hosts) await foreign(lab, host);
    for (const project of PROJECTS) await operators.apply(project, BASE, '--detach');
    await this.settled(BEFORE_MS, 'before the first fault');
    await this.inDatabase(`echo ${this.schedule.seed} > /data/token`);
    this.log.add('prepared');
  }

  /** Samples the engines until all is over. */
  private async look(hosts: readonly string[]): Promise<void> {
    while (!this.isOver) {
      const seen = await seeHosts(this.lab, hosts);
      for (const sentence of this.rules.judge(Date.now(), seen)) this.violate(sentence);
      await pause(LOOK_EVERY_MS);
    }
  }

  private async read(): Promise<void> {
    while (!this.isOver) {
      try {
        this.placements.add(await readPlacements(this.lab, Date.now));
      } catch (err) {
        this.log.add('etcd cannot be read', { why: String(err) });
      }
      await pause(READ_EVERY_MS);
    }
  }

  private async go(): Promise<void> {
    const startMs = Date.now();
    const faults: Promise<void>[] = [];
    for (const action of this.schedule.actions) {
      await this.unlessViolated(startMs + action.atMs);
      if (this.violations.length > 0) break;
      faults.push(this.perform(action));
    }
    await this.unlessViolated(startMs + this.schedule.minutes * 60_000);
    if (this.violations.length === 0) await Promise.all(faults);
  }

  private async unlessViolated(untilMs: number): Promise<void> {
    while (Date.now() < untilMs && this.violations.length === 0) {
      await pause(Math.min(LOOK_EVERY_MS, Math.max(0, untilMs - Date.now())));
    }
  }

  private async perform(action: Action): Promise<void> {
    if (isFault(action)) {
      await this.breakAndMend(action);
      return;
    }
    if (action.kind === 'restart-agent') void this.impairedFor(action.host, RESTART_MS);
    this.log.add('wish', { action });
    this.operators.wish(action);
  }

  private async impairedFor(host: string, ms: number): Promise<void> {
    const impairment: Impairment = { kind: 'machine', host };
    this.impairments.begin(impairment);
    await pause(ms);
    this.impairments.end(impairment, Date.now());
  }

  private async breakAndMend(fault: Fault): Promise<void> {
    const impairment = impairmentOf(fault);
    if (impairment !== undefined) this.impairments.begin(impairment);
    try {
      this.log.add('break', { fault });
      const mend = await breakIt(this, fault);
      this.log.add('broken', { fault });
      await pause(fault.forMs);
      await mend();
      this.log.add('mended', { fault });
    } catch (err) {
      this.log.add('fault failed', { fault, why: String(err) });
    }
    if (impairment !== undefined) this.impairments.end(impairment, Date.now());
  }

  /** Everything is mended; what is wanted then has to come by itself, and the cluster takes a change. */
  private async calmDown(hosts: readonly string[]): Promise<number> {
    const sinceMs = Date.now();
    this.log.add('mending all');
    await mendAll(this);
    await this.operators.idle();
    await this.activate(hosts);
    await this.settled(CALM_MS, 'after the last fault');
    const calmMs = Date.now() - sinceMs;
    for (const project of PROJECTS) {
      const { code, said } = await this.operators.apply(
        ...([project, { version: 9, web: 2, api: 1 }, '--timeout', FINAL_APPLY_S] as const),
      );
      if (code !== 0) this.violate(`the last apply of ${project} ended with ${code}: ${said}`);
    }
    await this.settled(CALM_MS, 'after the last apply');
    const token = await this.inDatabase('cat /data/token');
    if (token !== String(this.schedule.seed))
      this.violate(`the data of ${DATA_VOLUME} is "${token}"`);
    for (const host of hosts) await this.judgeAgent(host);
    for (const bug of this.operators.bugs) this.violate(bug);
    return calmMs;
  }

  private async activate(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) await this.operators.nap(['host', 'activate', host]);
  }

  private async settled(timeoutMs: number, when: string): Promise<void> {
    const untilMs = Date.now() + timeoutMs;
    let left: readonly string[] = [];
    while (Date.now() < untilMs && this.violations.length === 0) {
      left = await labDifferences(this.lab).catch((err: unknown) => [String(err)]);
      if (left.length === 0) {
        this.log.add('settled', { when });
        return;
      }
      await pause(LOOK_EVERY_MS);
    }
    this.violate(`not settled ${when}: ${left.join('; ')}`);
  }

  /** Who was not killed has no reason to end. */
  private async judgeAgent(host: string): Promise<void> {
    const since = `@${Math.floor(this.sinceMs / 1000)}`;
    const words = ['journalctl', '-u', 'nap-agent', '--since', since, '-o', 'cat', '-g', ENDED];
    const { stdout } = await this.lab.exec(host, words);
    if (stdout.trim() !== '')
      this.violate(`the agent of ${host} ended by itself: ${stdout.trim()}`);
  }

  private async inDatabase(line: string): Promise<string> {
    for (const { name, engine } of await seeHosts(this.lab, await this.lab.hosts())) {
      if (engine?.containers.some((it) => it.name === DATABASE && it.isRunning) !== true) continue;
      const { stdout } = await this.lab.exec(name, ['docker', 'exec', DATABASE, 'sh', '-c', line]);
      return stdout.trim();
    }
    throw new Error(`${DATABASE} runs nowhere`);
  }
}

const ENDED = 'Main process exited, code=exited';

/** A container and a volume that are none of nap's business. */
async function foreign(lab: Lab, host: string): Promise<void> {
  const name = `foreign-${host}`;
  const { code } = await lab.exec(host, ['docker', 'inspect', name]);
  if (code === 0) return;
  const words = ['docker', 'run', '-d', '--name', name, '--restart', 'always'];
  const started = await lab.exec(host, [...words, '-v', 'foreign-data:/data', 'busybox']);
  if (started.code !== 0) throw new Error(`${name} cannot be started: ${started.stderr}`);
}
