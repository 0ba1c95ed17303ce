import { join } from 'node:path';
import { programFlags } from '@nap/shared/start';
import { lab, on } from './support/cluster.js';

/** What deploy/install.sh has made of the checkout on the hosts of the lab. */

const distOf = (program: string): string =>
  join(import.meta.dirname, '../../packages', program, 'dist');

it('every agent runs with the flags that its program asks for', async () => {
  const flags = programFlags(distOf('agent'));
  expect(flags).toContain('--optimize-for-size');
  for (const host of await lab.hosts()) {
    const pid = await on(host, 'systemctl', 'show', '--property=MainPID', '--value', 'nap-agent');
    const words = await on(host, 'sh', '-c', `tr '\\0' ' ' </proc/${pid.trim()}/cmdline`);
    expect(words).toContain(` ${flags.join(' ')} `);
  }
});

it('the commands run from any directory, as whoever has no rights', async () => {
  const [host = ''] = await lab.hosts();
  for (const program of ['nap-agent', 'nap-controller']) {
    const said = await on(
      host,
      'setpriv',
      ...['--reuid=nobody', '--regid=nogroup', '--clear-groups'],
      ...['sh', '-c', `cd / && ${program} version`],
    );
    expect(said).toMatch(/\d+\.\d+\.\d+/);
  }
});
