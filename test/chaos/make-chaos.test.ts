import { isFault, targetsOf } from './actions.js';
import { makeChaos } from './make-chaos.js';

const MACHINES = {
  hosts: ['host-a', 'host-b', 'host-c'],
  members: ['etcd-1', 'etcd-2', 'etcd-3'],
};
const schedules = Array.from({ length: 200 }, (_, seed) =>
  makeChaos({ seed, minutes: 3, ...MACHINES }),
);

it('the same seed makes the same schedule', () => {
  expect(makeChaos({ seed: 7, minutes: 3, ...MACHINES })).toEqual(schedules[7]);
  expect(schedules[8]).not.toEqual(schedules[7]);
});

it('is in order, and every fault is over at the end', () => {
  for (const { actions } of schedules) {
    expect(actions.map(({ atMs }) => atMs)).toEqual(
      actions.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
    for (const action of actions) {
      expect(action.atMs + (isFault(action) ? action.forMs : 0)).toBeLessThanOrEqual(180_000);
    }
  }
});

it('never breaks what is broken: mending one fault would mend the other', () => {
  for (const { actions } of schedules) {
    const faults = actions.filter(isFault);
    for (const [at, fault] of faults.entries()) {
      const meanwhile = faults.slice(at + 1).filter((it) => it.atMs < fault.atMs + fault.forMs);
      const broken = new Set(targetsOf(fault));
      expect(meanwhile.filter((it) => targetsOf(it).some((name) => broken.has(name)))).toEqual([]);
    }
  }
});

it('draws everything that there is', () => {
  const kinds = new Set(schedules.flatMap(({ actions }) => actions.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual([
    'activate',
    'apart',
    'apply',
    'compact-etcd',
    'cut',
    'delay',
    'disk-full',
    'down',
    'drain',
    'engine-disk-full',
    'etcd-full',
    'freeze-agent',
    'freeze-daemon',
    'freeze-dockerd',
    'freeze-etcd',
    'freeze-host',
    'kill-agent',
    'kill-daemon',
    'kill-dockerd',
    'kill-etcd',
    'lose',
    'one-way',
    'pause',
    'power-cut',
    'restart-agent',
    'rollback',
    'scale',
    'set-clock',
    'stutter-etcd',
  ]);
});
