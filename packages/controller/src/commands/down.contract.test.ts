import { jest } from '@jest/globals';
import { CliBed } from '../testing/cli-bed.js';

/** What `down` and `stack rm` show and ask for, against a real etcd; no agent does it here. */

jest.setTimeout(60_000);

let bed: CliBed;
beforeEach(async () => {
  bed = await CliBed.open('host-a');
});
afterEach(() => bed.close());

async function apply(project: string, text: string): Promise<void> {
  const file = await bed.file(`${project}.yml`, text);
  const applied = await bed.run('apply', file, '-p', project, '-d');
  expect(applied).toMatchObject({ exit: 0 });
}

const WEB = 'services:\n  web: { image: busybox }\n';
const WITH_DATA = `${WEB}  db: { image: busybox, volumes: ["data:/data"] }\nvolumes: { data: }\n`;

it('--plan names the volumes that go, those that nothing mounts any more too', async () => {
  await apply('shop', WITH_DATA);
  const shown = await bed.run('down', '-p', 'shop', '--volumes', '--plan');
  expect(shown.out).toContain('- remove shop.db.1 and volume shop_data from host-a');
  expect(shown.out).toContain('- remove shop.web.1 from host-a');
  expect(shown.out).toMatch(/host-a .* 2 → 0$/m);
  await apply('shop', WEB);
  expect((await bed.run('down', '-p', 'shop', '--volumes', '--plan')).out).toContain(
    '- remove volume shop_data from host-a: nothing mounts it any more',
  );
});

it('what an earlier down has left is told of, and dropped by another with --volumes', async () => {
  await apply('shop', WITH_DATA);
  // Without waiting for an agent; there is none to acknowledge.
  expect(await bed.run('down', '-p', 'shop', '-d')).toMatchObject({ exit: 0 });
  const left = await bed.run('stack', 'rm', 'shop', '-d');
  expect(left.exit).toBe(8);
  expect(left.err).toContain('shop_data on host-a');
  expect(left.err).toContain('nap-controller down -p shop --volumes');
  const dropped = await bed.run('down', '-p', 'shop', '--volumes', '-d');
  expect(dropped).toMatchObject({ exit: 0 });
  expect(dropped.err).toContain('remove volume shop_data from host-a');
  const asked = await bed.cluster.ctl(['get', '/nap/v1/placements/host-a/shop.volumes.1']);
  expect(asked).toContain('"removeVolumes":true');
});

it('stack rm shows several projects as one document', async () => {
  await apply('shop', WITH_DATA);
  await apply('blog', WEB);
  const args = ['stack', 'rm', 'shop', 'blog', 'shop', '--volumes', '--plan'];
  const shown = await bed.run(...args, '--format', 'json');
  const plans = JSON.parse(shown.out) as readonly { project: string; summary: object }[];
  expect(plans).toMatchObject([
    { project: 'shop', summary: { remove: 2 } },
    { project: 'blog', summary: { remove: 1 } },
  ]);
  expect((await bed.run(...args)).out).toMatch(/^shop: .*2 to remove[^]*^blog: .*1 to remove/m);
  expect((await bed.run('ls', '--format', '{{.Name}}')).out).toBe('blog\nshop');
});
