import { Course } from './course.js';

const MIB = 1024 * 1024;

function course(bytesAt: (minute: number) => number): Course {
  const soak = new Course();
  for (let minute = 0; minute <= 60; minute += 1) {
    soak.add(new Map([['agent host-a', bytesAt(minute)]]), minute * 60_000);
    soak.commands += 2;
  }
  return soak;
}

it('says what was measured so far, also when it is cut off', () => {
  const flat = course(() => 80 * MIB);
  expect(flat.soFar(3_600_000)).toBe('after 60 min, 122 commands; MiB: agent host-a 80.0');
  expect(flat.table()).toEqual([
    '122 commands',
    'what, MiB                     first    last highest  per hour',
    'agent host-a                  80.0    80.0    80.0      0.0',
  ]);
  expect(flat.isUnbounded).toBe(false);
});

it('marks what grows', () => {
  const growing = course((minute) => (50 + minute) * MIB);
  expect(growing.isUnbounded).toBe(true);
  expect(growing.table().at(-1)).toBe(
    'agent host-a                  50.0   110.0   110.0     60.0  GROWS',
  );
});

it('says nothing of growth where little was measured', () => {
  const short = new Course();
  short.add(new Map([['daemon 0', 42 * MIB]]), 0);
  expect(short.table().at(-1)).toBe('daemon 0                      42.0    42.0    42.0  too few');
  expect(short.isUnbounded).toBe(false);
});
