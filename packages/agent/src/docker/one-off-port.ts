import type { ObservedOneOff } from '../reconcile/one-off.js';
import type { ExecSession } from './operator-port.js';

/** What one-offs need of the engine beside `DockerPort`. All calls throw NapErrors. */
export interface OneOffPort {
  /** All of nap's one-offs on this host, in whatever state. */
  list(): Promise<readonly ObservedOneOff[]>;
  /** The streams of a container that is about to be started: none of its output is missed. */
  attach(container: string, options: AttachOptions): Promise<ExecSession>;
  /** SIGHUP, as when a terminal is gone; also when it has ended already. */
  hangUp(container: string): Promise<void>;
  /** By force, with its anonymous volumes where that was asked for; also when it is gone already. */
  remove(container: string, isWithVolumes: boolean): Promise<void>;
}

export interface AttachOptions {
  readonly hasInput: boolean;
  readonly isTerminal: boolean;
}
