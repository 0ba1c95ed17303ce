import { hostId, keys } from '@nap/shared';
import type { StoredEntry } from '@nap/shared/store';
import { Absences } from './absences.js';

const a = hostId('host-a');
const b = hostId('host-b');

function bed() {
  const entries = new Map<string, StoredEntry>();
  const hosts = { isFresh: true, entries };
  const absences = new Absences(hosts);
  const come = (): void => {
    const key = keys.hostSession(a);
    entries.set(key, { key, value: '', createRevision: 1n, modRevision: 1n });
  };
  const leave = (): void => {
    entries.delete(keys.hostSession(a));
  };
  absences.remember(
    new Map([
      [a, 1_000],
      [b, 30_000],
    ]),
  );
  return { hosts, absences, come, leave };
}

it('who was back in between has not been away since', () => {
  const { absences, come, leave } = bed();
  come();
  expect(absences.notice()).toEqual([a]);
  leave();
  expect(absences.notice()).toEqual([]);
  expect([...absences.at(5_000)]).toEqual([[b, 30_000]]);
});

it('what was judged by an older look than the mirror has is not believed', () => {
  const { absences, come, leave } = bed();
  come();
  absences.remember(new Map([[a, 1_000]]));
  leave();
  expect([...absences.at(5_000)]).toEqual([]);
});

it('after a gap all begin anew, and nobody has less time than was given before', () => {
  const { hosts, absences } = bed();
  expect([...absences.at(5_000)]).toContainEqual([a, 1_000]);
  hosts.isFresh = false;
  absences.notice();
  hosts.isFresh = true;
  absences.notice();
  expect([...absences.at(6_000)]).toEqual([
    [a, 6_000],
    [b, 30_000],
  ]);
  expect([...absences.at(7_000)]).toContainEqual([a, 6_000]);
});

it('while the mirror is not current nothing counts', () => {
  const { hosts, absences } = bed();
  hosts.isFresh = false;
  expect([...absences.at(40_000).values()]).toEqual([40_000, 40_000]);
});
