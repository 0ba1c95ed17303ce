import type { Clock } from '@nap/shared/runtime';
import type { CreateRequest } from '../docker/create-body.js';
import type { ExecOutcome } from '../docker/docker-port.js';

/** What the program of a container does once it is started; undefined: it runs on. */
export type Program = (request: CreateRequest) => { readonly exitCode: number } | undefined;

/** What a command does that is run in a container; undefined: nothing, and well. */
export type Command = (command: readonly string[]) => ExecOutcome | undefined;

export interface Wait {
  readonly atMostMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FakeDockerOptions {
  readonly clock: Clock;
  readonly program?: Program;
  /** First three numbers of the addresses on its bridge. */
  readonly prefix?: string;
}
