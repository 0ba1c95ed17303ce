import { hostId, type HostId } from '@nap/shared';
import { explainUnplaced } from './explain-unplaced.js';
import type { Reason } from './filters.js';

const hosts = (count: number, reasonOf: (at: number) => Reason): [HostId, Reason][] =>
  Array.from({ length: count }, (_, at) => [hostId(`host-${at}`), reasonOf(at)]);

it('counts hosts with the same reason instead of listing them', () => {
  const reasons = new Map([
    ...hosts(5, () => ({ text: 'is away' })),
    [hostId('big'), { text: 'is draining' }] as const,
  ]);
  expect(explainUnplaced(reasons)).toBe('5 hosts: each is away; big is draining');
});

it('counts hosts that differ in their numbers only, and names the one that came nearest', () => {
  const short = (at: number): Reason => ({
    text: `has ${at} MiB of memory free`,
    kind: 'has too little memory free',
    rank: at,
  });
  expect(explainUnplaced(new Map(hosts(4, short)), '2 GiB of memory')).toBe(
    'needs 2 GiB of memory: 4 hosts: each has too little memory free (the most: host-3 has 3 MiB of memory free)',
  );
  expect(explainUnplaced(new Map(hosts(2, short)), '2 GiB of memory')).toBe(
    'needs 2 GiB of memory: host-0 has 0 MiB of memory free; host-1 has 1 MiB of memory free',
  );
});

it('names one of many hosts whose port is taken by somebody each', () => {
  const taken = (at: number): Reason => ({
    text: `has port 80/tcp taken by web-${at}`,
    kind: 'has port 80/tcp taken',
  });
  expect(explainUnplaced(new Map(hosts(9, taken)))).toBe(
    '9 hosts: each has port 80/tcp taken (host-0 has port 80/tcp taken by web-0)',
  );
});
