import { createInterface } from 'node:readline';
import { eventually, type RunningProcess } from '@nap/lab';
import { lab } from '../../e2e/support/cluster.js';
import type { ContainerEvent, Contestant } from './contestant.js';

interface DockerEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** A container of a contestant that runs. */
export interface Running {
  readonly id: string;
  readonly host: string;
  readonly service: string;
  readonly startedAtMs: number;
}

/** Longest that anything in the race may take. */
const PATIENCE_MS = 240_000;

/**
 * What dockerd itself says of starts and ends on every host: the same yardstick for all contestants, and no load on any
 * of their control planes.
 */
export class Observer {
  private readonly running = new Map<string, Running>();
  private readonly streams = new Map<string, RunningProcess>();

  private readonly contestant: Contestant;

  private constructor(contestant: Contestant) {
    this.contestant = contestant;
  }

  static async of(contestant: Contestant): Promise<Observer> {
    const observer = new Observer(contestant);
    for (const host of await lab.hosts()) await observer.follow(host);
    return observer;
  }

  private async follow(host: string): Promise<void> {
    const filters = ['type=container', 'event=start', 'event=die'].flatMap((f) => ['--filter', f]);
    const since = (Date.now() / 1000).toFixed(3);
    const argv = ['docker', 'events', '--since', since, '--format', '{{json .}}', ...filters];
    const stream = await lab.spawn(host, argv);
    stream.stderr.resume();
    createInterface({ input: stream.stdout }).on('line', (line) => {
      const { Action, timeNano, Actor } = JSON.parse(line) as DockerEvent;
      this.note({
        host,
        id: Actor.ID,
        kind: Action === 'start' ? 'start' : 'die',
        atMs: timeNano / 1e6,
        attributes: Actor.Attributes,
      });
    });
    this.streams.set(host, stream);
  }

  private note({ host, id, kind, atMs, attributes }: ContainerEvent): void {
    const service = this.contestant.serviceOf(attributes);
    if (service === undefined) return;
    if (kind === 'start') this.running.set(id, { id, host, service, startedAtMs: atMs });
    else this.running.delete(id);
  }

  /** Containers of these services that run now, all when absent. */
  now(service?: string): readonly Running[] {
    return [...this.running.values()].filter((each) => (service ?? each.service) === each.service);
  }

  /** The host is gone, and what ran on it. */
  async lost(host: string): Promise<void> {
    await this.streams.get(host)?.stop('SIGKILL');
    this.streams.delete(host);
    for (const [id, running] of this.running) if (running.host === host) this.running.delete(id);
  }

  /** Resolves when the containers that run are as `isReached` wants them; rejects after four minutes. */
  async until(
    what: string,
    isReached: (running: readonly Running[]) => boolean,
  ): Promise<readonly Running[]> {
    await eventually(async () => Promise.resolve(isReached(this.now())), {
      what: `${this.contestant.name}: ${what} (${this.now().length} run)`,
      timeoutMs: PATIENCE_MS,
      everyMs: 20,
    });
    return this.now();
  }

  async close(): Promise<void> {
    await Promise.all([...this.streams.values()].map(async (stream) => stream.stop('SIGTERM')));
  }
}

/** When the last of them started. */
export const lastStart = (running: readonly Running[]): number =>
  Math.max(...running.map(({ startedAtMs }) => startedAtMs));
