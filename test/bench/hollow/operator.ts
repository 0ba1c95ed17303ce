import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, type CommandContext } from '@nap/controller';
import {
  afterPlan,
  commitStoredAsLeader,
  noStreams,
  planProject,
  type ClusterView,
} from '@nap/controller/testing';
import type { Project } from '@nap/shared';
import { manyListeners, systemClock } from '@nap/shared/runtime';
import { openStore, type Store } from '@nap/shared/store';
import { CHANGED, changedFile } from './projects.js';

/** Who types commands: the code of the command line, in this process. */
export class Operator {
  readonly store: Store;
  private readonly endpoints: readonly string[];
  private readonly directory = mkdtempSync(join(tmpdir(), 'nap-hollow-'));
  private said: string[] = [];

  constructor(endpoints: readonly string[]) {
    this.endpoints = endpoints;
    // Patient: a benchmark keeps the machine busy.
    this.store = openStore({ endpoints, callTimeoutMs: 15_000 });
  }

  /** Plans all projects, each as if those before it were carried out, and writes the plans as a controller does. */
  async fill(projects: readonly Project[]): Promise<void> {
    const about = { appliedBy: 'bench', files: ['bench.yml'], nowMs: Date.now() };
    const makePlans = (view: ClusterView): ReturnType<typeof planProject>[] => {
      let after = view;
      return projects.map((project) => {
        const plan = planProject(after, project, about);
        after = afterPlan(after, plan);
        return plan;
      });
    };
    await commitStoredAsLeader(this.context(), this.store, { progress: 'quiet' }, { makePlans });
  }

  /** Applies the project that is changed, and waits until it is as wanted. */
  async change(replicas: number, version: number): Promise<void> {
    const path = join(this.directory, 'changed.yml');
    writeFileSync(path, changedFile(replicas, version));
    await this.run('apply', path);
  }

  async scale(replicas: number): Promise<void> {
    await this.run('scale', `web=${replicas}`, '-p', CHANGED);
  }

  /** Throws, with what the command said, when it does not end well. */
  async run(...args: readonly string[]): Promise<void> {
    this.said = [];
    const exit = await runCli(args, this.context(), '0');
    if (exit !== 0)
      throw new Error(`${args.join(' ')} ended with ${exit}: ${this.said.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private context(): CommandContext {
    const say = (text: string): void => {
      this.said.push(text);
    };
    return {
      ...{ out: say, err: say, streams: noStreams(), clock: systemClock },
      readStdin: () => Promise.resolve(''),
      signal: manyListeners().signal,
      env: { NAP_ETCD: this.endpoints.join(',') },
      cwd: this.directory,
      user: 'bench@here',
    };
  }
}
