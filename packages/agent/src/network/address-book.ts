import { fnv1a, type InstanceId, instanceId } from '@nap/shared';
import { formatAddress, parseAddress, parseCidr, sizeOf } from './cidr.js';

/** Which instance has, or had, an address of this host's subnet. Kept on disk. */
export interface AddressBook {
  readonly subnet: string;
  readonly addresses: ReadonlyMap<string, AddressHolder>;
}

export interface AddressHolder {
  readonly instance: InstanceId;
  /** Set when the instance has left the host. */
  readonly freedAtMs?: number;
  /** A container of the instance that makes way for another one has it, until it is gone. */
  readonly isOutgoing?: boolean;
}

/** Hosts files elsewhere may name an address for a moment longer than its instance has it: nobody else shall answer there. */
export const ADDRESS_REST_MS = 60_000;

/** No project is called so. */
const NOBODY = instanceId('nobody.nobody.1');

export const emptyBook = (subnet: string): AddressBook => ({ subnet, addresses: new Map() });

/**
 * The address of an instance: the one it has, otherwise the first free one from a place that depends on its name alone,
 * so that a host that has lost its state dir mostly gives the same addresses again. Undefined when the subnet is full.
 */
export function takeAddress(
  book: AddressBook,
  instance: InstanceId,
  gateway: string,
  nowMs: number,
): { readonly book: AddressBook; readonly address: string } | undefined {
  const held = addressOf(book, instance);
  if (held !== undefined) return { book: withHolder(book, held, { instance }), address: held };
  const subnet = parseCidr(book.subnet);
  if (subnet === undefined) return undefined;
  // Neither the network's address nor the broadcast address.
  const count = sizeOf(subnet) - 2;
  const start = fnv1a(instance) % Math.max(1, count);
  for (let probe = 0; probe < count; probe += 1) {
    const address = formatAddress(subnet.base + 1 + ((start + probe) % count));
    if (address === gateway || !isFree(book.addresses.get(address), nowMs)) continue;
    return { book: withHolder(book, address, { instance }), address };
  }
  return undefined;
}

function isFree(holder: AddressHolder | undefined, nowMs: number): boolean {
  if (holder === undefined) return true;
  if (holder.freedAtMs === undefined) return false;
  const restedMs = nowMs - holder.freedAtMs;
  // A clock that was set back must not keep an address for ever.
  return restedMs >= ADDRESS_REST_MS || restedMs < 0;
}

/** The instance is to get another address; a container of it that runs on keeps this one. */
export function setAside(book: AddressBook, instance: InstanceId): AddressBook {
  const address = addressOf(book, instance);
  if (address === undefined) return book;
  const addresses = new Map(book.addresses).set(address, { instance, isOutgoing: true });
  return { ...book, addresses };
}

export function addressOf(book: AddressBook, instance: InstanceId): string | undefined {
  for (const [address, holder] of book.addresses) {
    if (holder.instance === instance && holder.isOutgoing !== true) return address;
  }
  return undefined;
}

/**
 * Addresses of instances that are not on this host any more, and those set aside that no container has any more, begin to
 * rest; those that have rested are forgotten.
 */
export function freeAddresses(
  book: AddressBook,
  isHere: (instance: InstanceId) => boolean,
  isInUse: (address: string) => boolean,
  nowMs: number,
): AddressBook {
  const addresses = new Map<string, AddressHolder>();
  let isChanged = false;
  for (const [address, holder] of book.addresses) {
    const isHeld = holder.isOutgoing === true ? isInUse(address) : isHere(holder.instance);
    if (isHeld && holder.freedAtMs === undefined) addresses.set(address, holder);
    else if (holder.freedAtMs === undefined)
      addresses.set(address, { ...holder, freedAtMs: nowMs });
    else if (!isFree(holder, nowMs)) addresses.set(address, holder);
    isChanged ||= addresses.get(address) !== holder;
  }
  return isChanged ? { ...book, addresses } : book;
}

/** The address turned out to be in use by somebody else: nobody gets it for a while. */
export function restAddress(book: AddressBook, instance: InstanceId, nowMs: number): AddressBook {
  const address = addressOf(book, instance);
  if (address === undefined || parseAddress(address) === undefined) return book;
  const addresses = new Map(book.addresses);
  // Under nobody's name: the same instance must not get it again either.
  addresses.set(address, { instance: NOBODY, freedAtMs: nowMs });
  return { ...book, addresses };
}

function withHolder(book: AddressBook, address: string, holder: AddressHolder): AddressBook {
  const known = book.addresses.get(address);
  if (known?.instance === holder.instance && known.freedAtMs === undefined) return book;
  return { ...book, addresses: new Map(book.addresses).set(address, holder) };
}
