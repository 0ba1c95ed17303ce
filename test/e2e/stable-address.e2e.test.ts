import { apply, cleanUp, inside, lab, on, row, settled, soon } from './support/cluster.js';

/**
 * On the bridge network `nap` an instance keeps its address for life. For a lab with `--bridge nap`: where docker0 lies in
 * flannel's subnet the engine hands out addresses, and the first test says so instead.
 */

const P = 'stable';
const yaml = (version: string): string => `services:
  db: { image: busybox, environment: { VERSION: "${version}" } }
  web: { image: busybox, scale: 3 }
`;

afterAll(async () => {
  await cleanUp(P);
});

it('containers are on the network that the lab is about, with addresses of flannel’s subnet', async () => {
  await apply(P, yaml('1'));
  await settled(P);
  const { bridge } = await lab.settings();
  const { hosts } = await lab.plan();
  for (const host of hosts) {
    const name =
      (
        await on(
          host.name,
          'docker',
          'ps',
          '--format',
          '{{.Names}}',
          '--filter',
          'label=nap.project=stable',
        )
      ).split('\n')[0] ?? '';
    const networks = await on(
      host.name,
      'docker',
      'inspect',
      '-f',
      '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}',
      name,
    );
    expect(networks).toBe(bridge === 'nap' ? 'nap' : 'bridge');
    const { ip = '' } = await row(P, name);
    expect(ip.split('.').slice(0, 3)).toEqual(host.subnet.split('.').slice(0, 3));
  }
});

it('reach each other across hosts, by name', async () => {
  const { host } = await row(P, 'stable-db-1');
  for (const index of [1, 2, 3]) {
    const web = await row(P, `stable-web-${index}`);
    if (web.host === host) continue;
    expect(await inside(P, web.name, 'ping -c 1 -W 2 db >/dev/null && echo reached')).toBe(
      'reached',
    );
  }
});

it('an instance keeps its address when it is recreated, restarted, and when its host lost power', async () => {
  if ((await lab.settings()).bridge !== 'nap') return;
  const { ip, host } = await row(P, 'stable-db-1');
  await apply(P, yaml('2'));
  await settled(P);
  expect(await inside(P, 'stable-db-1', 'echo $VERSION')).toBe('2');
  expect((await row(P, 'stable-db-1')).ip).toBe(ip);
  await on(host, 'docker', 'restart', '-t', '1', 'stable-db-1');
  await lab.kill(host);
  await lab.start(host);
  await soon('it runs again', async () => {
    expect(await on(host, 'docker', 'ps', '--format', '{{.Names}}')).toContain('stable-db-1');
  });
  await settled(P);
  expect((await row(P, 'stable-db-1')).ip).toBe(ip);
});
