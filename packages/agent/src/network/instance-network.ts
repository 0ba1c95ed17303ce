import type { InstanceId } from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { DockerPort } from '../docker/docker-port.js';
import {
  addressOf,
  emptyBook,
  freeAddresses,
  restAddress,
  setAside,
  takeAddress,
  type AddressBook,
} from './address-book.js';
import {
  chooseNetwork,
  NAP_NETWORK,
  type NetworkChoice,
  type NetworkMode,
} from './choose-network.js';
import { parseSubnetEnv } from './subnet-env.js';

export interface InstanceNetworkParts {
  readonly docker: Pick<DockerPort, 'network' | 'createNetwork'>;
  readonly mode: NetworkMode;
  readonly subnetFile: string;
  /** Text of the subnet file; undefined when there is none. */
  readonly readSubnetFile: () => Promise<string | undefined>;
  /** The cluster uses flannel, says etcd; false while etcd is away. */
  readonly isFlannelConfigured: () => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
}

const FLANNEL_ANSWER_MS = 2_000;

/** Which network instances are on, and which address each has there. */
export class InstanceNetwork {
  private readonly parts: InstanceNetworkParts;
  private chosen: NetworkChoice | undefined;
  private book: AddressBook | undefined;
  private flannelSeen: boolean;
  private isFlannelConfigured = false;

  constructor(parts: InstanceNetworkParts, book: AddressBook | undefined, hasFlannel: boolean) {
    this.parts = parts;
    this.book = book;
    this.flannelSeen = hasFlannel;
  }

  /** Undefined until the engine was reached. */
  get choice(): NetworkChoice | undefined {
    return this.chosen;
  }

  get addresses(): AddressBook | undefined {
    return this.book;
  }

  get hasFlannel(): boolean {
    return this.flannelSeen;
  }

  /** Looks at flannel and the engine anew, and makes the network when it is missing. Throws like the port. */
  async refresh(apiVersion: string): Promise<void> {
    const { docker, mode, subnetFile } = this.parts;
    const text = await this.parts.readSubnetFile();
    const flannel = text === undefined ? undefined : parseSubnetEnv(text);
    this.flannelSeen ||= flannel !== undefined;
    if (flannel === undefined && !this.flannelSeen) await this.askForFlannel();
    const isFlannelExpected = this.flannelSeen || this.isFlannelConfigured;
    const choice = chooseNetwork({
      mode,
      flannel,
      isFlannelExpected,
      subnetFile,
      bridge: await docker.network('bridge'),
      nap: await docker.network(NAP_NETWORK),
      apiVersion,
    });
    if (choice.create !== undefined) {
      await docker.createNetwork(choice.create);
      this.parts.log.info('network created', { network: choice.network, subnet: choice.subnet });
    }
    this.tell(choice);
    this.chosen = choice;
    const { subnet } = choice;
    if (choice.hasStableAddresses && subnet !== undefined && this.book?.subnet !== subnet) {
      this.book = emptyBook(subnet);
    }
  }

  /**
   * The address for an instance that is about to be created, `isBeside` one that runs on with the one it has; undefined where
   * the engine chooses.
   */
  take(instance: InstanceId, isBeside = false): string | undefined {
    const { chosen, book } = this;
    if (chosen?.hasStableAddresses !== true || book === undefined) return undefined;
    const from = isBeside ? setAside(book, instance) : book;
    const taken = takeAddress(from, instance, chosen.gateway ?? '', this.parts.clock.nowMs());
    if (taken === undefined) return undefined;
    this.book = taken.book;
    return taken.address;
  }

  addressOf(instance: InstanceId): string | undefined {
    return this.book === undefined ? undefined : addressOf(this.book, instance);
  }

  /** The engine refuses the address of this instance: the next container of it gets another one. */
  rest(instance: InstanceId): void {
    if (this.book === undefined) return;
    this.book = restAddress(this.book, instance, this.parts.clock.nowMs());
  }

  /** Addresses of instances that have left begin to rest. */
  release(isHere: (instance: InstanceId) => boolean, isInUse: (address: string) => boolean): void {
    if (this.book === undefined) return;
    this.book = freeAddresses(this.book, isHere, isInUse, this.parts.clock.nowMs());
  }

  /** The first answer is waited for a moment, later ones are not: etcd may be away, and starting containers goes on. */
  private async askForFlannel(): Promise<void> {
    const { isFlannelConfigured, clock } = this.parts;
    const asked = isFlannelConfigured().then((isConfigured) => {
      this.isFlannelConfigured = isConfigured;
    });
    if (this.chosen !== undefined) return;
    const isOver = new AbortController();
    try {
      await Promise.race([asked, clock.sleep(FLANNEL_ANSWER_MS, isOver.signal)]);
    } finally {
      // A timer that nobody waits for any more keeps the process from ending.
      isOver.abort();
    }
  }

  private tell(choice: NetworkChoice): void {
    const { log } = this.parts;
    if (choice.problem !== undefined && choice.problem !== this.chosen?.problem) {
      log.error('no new containers', { reason: choice.problem });
    }
    if (choice.warning !== undefined && choice.warning !== this.chosen?.warning) {
      log.warn('the network works, but not fully', { reason: choice.warning });
    }
    if (choice.network !== this.chosen?.network)
      log.info('network chosen', { network: choice.network });
  }
}
