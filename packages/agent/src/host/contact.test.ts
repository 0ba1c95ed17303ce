import { ManualClock } from '@nap/shared/testing';
import { Contact } from './contact.js';

let clock: ManualClock;
let contact: Contact;
beforeEach(() => {
  clock = new ManualClock();
  contact = new Contact(clock);
});

it('is counted from the last renewal that etcd answered', () => {
  clock.jump(5_000);
  expect(contact.unreachedMs({ contactAtMs: 4_000 }, false)).toBe(1_000);
  clock.jump(5_000);
  expect(contact.unreachedMs({ contactAtMs: 4_000 }, false)).toBe(6_000);
  expect(contact.unreachedMs({ contactAtMs: 9_500 }, false)).toBe(500);
});

it('is not known at first, and then taken for lost', () => {
  expect(contact.unreachedMs(undefined, false)).toBeUndefined();
  clock.jump(3_000);
  expect(contact.unreachedMs(undefined, false)).toBe(Infinity);
});

it('is counted from the moment at which the header was found to be missing, until it is there again', () => {
  clock.jump(5_000);
  expect(contact.unreachedMs({ contactAtMs: 4_500 }, true)).toBe(500);
  clock.jump(30_000);
  expect(contact.unreachedMs({ contactAtMs: 34_500 }, true)).toBe(30_500);
  expect(contact.unreachedMs({ contactAtMs: 34_500 }, false)).toBe(500);
});
