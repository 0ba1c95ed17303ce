import type { Duplex, Readable } from 'node:stream';
import type {
  EngineHappening,
  ExecStart,
  Image,
  OwnContainer,
  PathStat,
  Pruned,
  Stats,
  TerminalSize,
  Top,
} from '@nap/shared';

/**
 * What an operator asks of the engine through the agent, apart from what the agent's own loops need (`DockerPort`). Only
 * nap's containers are given out. All calls throw NapErrors; who has a stream destroys it when he has had enough.
 */
export interface OperatorPort {
  /** Nap's containers in whatever state; of one instance there may be two while one replaces the other. */
  containers(): Promise<readonly OwnContainer[]>;
  /** Frames (see `FRAME`), each line with its time before it; without a terminal one frame a line. */
  logs(container: string, query: LogQuery): Promise<Readable>;
  exec(container: string, request: ExecStart): Promise<ExecSession>;
  /** Throws DOCKER_CONFLICT when it does not run. */
  top(container: string, args: string | undefined): Promise<Top>;
  /** One sample, or one a second until the signal aborts or the container is gone. */
  stats(container: OwnContainer, options: StatsOptions): AsyncIterable<Stats>;
  /** Until `untilMs`, or until the signal aborts. */
  happenings(query: HappeningQuery): AsyncIterable<EngineHappening>;
  kill(container: string, signal: string): Promise<void>;
  /** A file or directory as a tar archive. Throws DOCKER_NOT_FOUND. */
  readArchive(container: string, path: string): Promise<Archive>;
  statPath(container: string, path: string): Promise<PathStat>;
  /** Unpacks a tar archive in a directory that there is. */
  writeArchive(container: string, path: string, archive: Readable): Promise<void>;
  images(): Promise<readonly Image[]>;
  /** Dangling ones, or all that no container uses. */
  pruneImages(all: boolean): Promise<Pruned>;
}

export interface LogQuery {
  readonly follow: boolean;
  /** Lines from the end; absent: all. */
  readonly tail?: number;
  /** As the engine has it: seconds since 1970, with up to nine decimals. */
  readonly since?: string;
  readonly until?: string;
}

export interface StatsOptions {
  readonly isStream: boolean;
  readonly signal: AbortSignal;
}

export interface HappeningQuery {
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly signal: AbortSignal;
}

export interface Archive {
  readonly stat: PathStat;
  readonly stream: Readable;
}

/** A command that runs in a container, with its streams. */
export interface ExecSession {
  /** Written: the input; read: bytes of a terminal, otherwise frames. Its end is the end of the command's output. */
  readonly stream: Duplex;
  readonly isTerminal: boolean;
  resize(size: TerminalSize): Promise<void>;
  /** To the command itself, wherever in the container it is; nothing when it has ended. */
  signal(name: string): Promise<void>;
  /** Waits for the end. */
  exitCode(signal: AbortSignal): Promise<number>;
}
