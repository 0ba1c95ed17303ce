import type { ObservedContainer } from '../reconcile/observed.js';
import type { CreateRequest } from './create-body.js';

/** The engine in nap's words: no type and no error of its library gets past this. All calls throw NapErrors. */
export interface DockerPort {
  facts(): Promise<EngineFacts>;
  /** Every container on this host, in whatever state. */
  list(): Promise<readonly ListedContainer[]>;
  /** One of nap's containers, by id or name; undefined when there is none, or it is not nap's. */
  inspect(container: string): Promise<ObservedContainer | undefined>;
  /** Its id; undefined when it is not here, or is one of another platform. */
  imageId(image: string, platform?: string): Promise<string | undefined>;
  /** Ends when the image is here. Throws IMAGE_NOT_FOUND, IMAGE_DENIED, REGISTRY_UNREACHABLE. */
  pull(request: PullRequest, signal?: AbortSignal): Promise<void>;
  /** Returns the id. Throws DOCKER_CONFLICT when the name is taken. */
  create(request: CreateRequest): Promise<string>;
  /** Also when it runs already. Throws a DOCKER_REFUSED that `isAddressRefused` when its address is somebody else's. */
  start(container: string): Promise<void>;
  /**
   * Runs a command in a container and ends with it. Throws TIMEOUT when it takes too long, although it runs on, and
   * DOCKER_CONFLICT in a container that does not run or is paused.
   */
  exec(container: string, request: ExecRequest, options: ExecOptions): Promise<ExecOutcome>;
  /** Also when it is stopped or gone already. */
  stop(container: string, graceMs: number): Promise<void>;
  /** By force, volumes kept; also when it is gone already. */
  remove(container: string): Promise<void>;
  rename(container: string, to: string): Promise<void>;
  hasVolume(volume: string): Promise<boolean>;
  /** Also when it is gone already. Throws DOCKER_CONFLICT while a container uses it. */
  removeVolume(volume: string): Promise<void>;
  /** The last lines that the program wrote. */
  lastLines(container: string, lines: number): Promise<string>;
  network(name: string): Promise<NetworkFacts | undefined>;
  createNetwork(request: NetworkRequest): Promise<void>;
  /**
   * Calls back for each event until the stream ends or breaks; `onOpen` once nothing can be missed any more. `sinceMs`
   * asks for what the engine still remembers from then on.
   */
  events(handlers: EventHandlers, options: EventOptions): Promise<void>;
}

export interface PullRequest {
  readonly image: string;
  readonly platform?: string;
  readonly login?: RegistryLogin;
  /** Of what has come so far, and is known of the rest. */
  readonly onProgress?: (pulledBytes: number, totalBytes: number) => void;
}

/** A registry, as Docker's configuration names it, and who asks: by password, or by a token that it has given. */
export type RegistryLogin =
  | { readonly server: string; readonly username: string; readonly password: string }
  | { readonly server: string; readonly token: string };

export interface ExecRequest {
  readonly command: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly workingDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ExecOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export interface ExecOutcome {
  readonly exitCode: number;
  /** The first of what it wrote, some kilobytes. */
  readonly output: string;
}

export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly architecture: string;
  /** Where the engine keeps its files, such as /var/lib/docker. */
  readonly dataRoot: string;
}

export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly isOurs: boolean;
}

export interface EventHandlers {
  onOpen(): void;
  onEvent(event: EngineEvent): void;
}

export interface EventOptions {
  readonly sinceMs?: number;
  readonly signal: AbortSignal;
}

/** What happened to a container; `kill` only for signals that are meant to end it. */
export interface EngineEvent {
  readonly kind: 'create' | 'start' | 'kill' | 'die' | 'stop' | 'names' | 'other';
  readonly containerId: string;
  readonly name: string;
  readonly isOurs: boolean;
  /** Of a one-off, which is not among ours. */
  readonly isOneOff?: boolean;
  /** Of one that was sent and is not meant to end it, its number; some programs end by it all the same. */
  readonly harmlessSignal?: number;
  readonly atMs: number;
}

export interface NetworkFacts {
  readonly name: string;
  readonly driver: string;
  /** The first IPv4 subnet, such as `10.4.1.0/24`. */
  readonly subnet?: string;
  readonly gateway?: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface NetworkRequest {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly options: Readonly<Record<string, string>>;
}
