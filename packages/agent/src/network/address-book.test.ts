import fc from 'fast-check';
import { type InstanceId, instanceId } from '@nap/shared';
import {
  ADDRESS_REST_MS,
  emptyBook,
  freeAddresses,
  restAddress,
  setAside,
  takeAddress,
  type AddressBook,
} from './address-book.js';

const GATEWAY = '10.4.1.1';
const unused = (): boolean => false;
const web = instanceId('shop.web.1');
const db = instanceId('shop.db.1');

function take(book: AddressBook, instance: InstanceId, nowMs = 0) {
  const taken = takeAddress(book, instance, GATEWAY, nowMs);
  if (taken === undefined) throw new Error('the subnet is full');
  return taken;
}

describe('an address book', () => {
  it('gives an instance the same address again, also without its memory', () => {
    const { book, address } = take(emptyBook('10.4.1.0/24'), web);
    expect(take(book, web).address).toBe(address);
    expect(take(emptyBook('10.4.1.0/24'), web).address).toBe(address);
  });

  it('lets an address rest before another instance gets it', () => {
    const { book, address } = take(emptyBook('10.4.1.0/30'), web);
    const freed = freeAddresses(book, () => false, unused, 1_000);
    expect(takeAddress(freed, db, GATEWAY, 1_000 + ADDRESS_REST_MS - 1)).toBeUndefined();
    expect(take(freed, db, 1_000 + ADDRESS_REST_MS).address).toBe(address);
  });

  it('gives a resting address back to its own instance at once', () => {
    const { book, address } = take(emptyBook('10.4.1.0/24'), web);
    expect(
      take(
        freeAddresses(book, () => false, unused, 5),
        web,
        6,
      ).address,
    ).toBe(address);
  });

  it('gives an instance another address beside the one that its outgoing container has, until that is gone', () => {
    const { book, address } = take(emptyBook('10.4.1.0/24'), web);
    const next = take(setAside(book, web), web);
    expect(next.address).not.toBe(address);
    const here = (): boolean => true;
    const used = freeAddresses(next.book, here, (it) => it === address, 1_000);
    expect(used.addresses.get(address)).toEqual({ instance: web, isOutgoing: true });
    const freed = freeAddresses(used, here, unused, 2_000);
    expect(freed.addresses.get(address)?.freedAtMs).toBe(2_000);
    expect(take(freed, web, 2_001).address).toBe(next.address);
    expect(freeAddresses(freed, here, unused, 2_000 + ADDRESS_REST_MS).addresses.size).toBe(1);
  });

  it('lets an address that somebody else has rest, for its instance too', () => {
    const { book, address } = take(emptyBook('10.4.1.0/24'), web);
    const rested = restAddress(book, web, 1_000);
    const next = take(rested, web, 1_001);
    expect(next.address).not.toBe(address);
    expect(take(next.book, web, 1_000 + ADDRESS_REST_MS).address).toBe(next.address);
    expect(freeAddresses(next.book, () => true, unused, 1_001).addresses.has(address)).toBe(true);
    expect(
      freeAddresses(next.book, () => true, unused, 1_000 + ADDRESS_REST_MS).addresses.has(address),
    ).toBe(false);
  });

  it('lets nothing rest for an instance without an address', () => {
    const { book } = take(emptyBook('10.4.1.0/24'), web);
    expect(restAddress(book, db, 1_000)).toBe(book);
  });

  it('never gives one address to two instances, nor the gateway, network or broadcast address', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(numbers, (instances) => {
        let book = emptyBook('10.4.1.0/28');
        const given = instances.map((n) => {
          const taken = take(book, instanceId(`shop.web.${n}`));
          book = taken.book;
          return taken.address;
        });
        expect(new Set(given).size).toBe(given.length);
        for (const address of ['10.4.1.0', GATEWAY, '10.4.1.15'])
          expect(given).not.toContain(address);
      }),
    );
  });

  it('says so when the subnet is full', () => {
    let book = emptyBook('10.4.1.0/29');
    for (let n = 1; n <= 5; n += 1) book = take(book, instanceId(`shop.web.${n}`)).book;
    expect(takeAddress(book, db, GATEWAY, 0)).toBeUndefined();
  });
});
