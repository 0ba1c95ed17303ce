import { goingDown, type Ask } from './going-down.js';

const systemd =
  (state: string, jobs = ''): Ask =>
  (_program, [command]) =>
    Promise.resolve(command === 'is-system-running' ? `${state}\n` : jobs);

it('a restart of the agent alone is no end of the host', async () => {
  for (const state of ['running', 'degraded', 'starting', 'maintenance', 'offline', '']) {
    expect(await goingDown(systemd(state, '12 reboot.target start waiting'))).toBeUndefined();
  }
});

it('tells a reboot from an end for good', async () => {
  const jobs = '511 shutdown.target start waiting\n508 reboot.target start waiting\n';
  expect(await goingDown(systemd('stopping', jobs))).toBe('reboot');
  expect(await goingDown(systemd('stopping', jobs.replace('reboot', 'poweroff')))).toBe('off');
});

it('says nothing where there is no systemd', async () => {
  expect(await goingDown(() => Promise.resolve(''))).toBeUndefined();
});
