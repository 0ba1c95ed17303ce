import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';
import { loadText, problemText, serviceOf } from '../testing/load-texts.js';

const OTHER = '  db: {image: i, ipc: shareable}\n  off: {image: i, profiles: [x]}\n';

const partner = { service: 'db' };
const needsDb = {
  depends_on: { db: { condition: 'service_started', required: true, restart: true } },
};
const alone = { networks: undefined };

describe('namespaces', () => {
  testForms(
    [
      ['network_mode: host', { network_mode: 'host', ...alone }, { network: 'host' }],
      ['network_mode: none', { network_mode: 'none', ...alone }, { network: 'none' }],
      ['network_mode: ""', {}, {}],
      ['network_mode: bridge', { network_mode: 'bridge', ...alone }, {}],
      [
        'network_mode: service:db',
        { network_mode: 'service:db', ...needsDb, ...alone },
        { network: partner },
      ],
      ['ipc: host', { ipc: 'host' }, { ipc: 'host' }],
      ['ipc: shareable', { ipc: 'shareable' }, { ipc: 'shareable' }],
      ['ipc: service:db', { ipc: 'service:db', ...needsDb }, { ipc: partner }],
      ['pid: host', { pid: 'host' }, { pid: 'host' }],
      ['pid: service:db', { pid: 'service:db', ...needsDb }, { pid: partner }],
      ['pid: ""', {}, {}],
      ['uts: host', { uts: 'host' }, { utsNamespace: 'host' }],
      ['userns_mode: host', { userns_mode: 'host' }, { userNamespace: 'host' }],
      ['cgroup: private', { cgroup: 'private' }, { cgroupNamespace: 'private' }],
      ['cgroupns_mode: host', { cgroup: 'host' }, { cgroupNamespace: 'host' }],
      ['cgroup_parent: m.slice', { cgroup_parent: 'm.slice' }, { cgroupParent: 'm.slice' }],
    ],
    OTHER,
  );

  testRefusals(
    [
      ['network_mode: container:x', '"container:x" names a container of one host'],
      ['network_mode: mine', 'nap has one network for all services of a project'],
      ['network_mode: host\nnetworks: [default]', 'either a network_mode or networks'],
      ['network_mode: service:bd', 'services.web.network_mode.bd: there is no service "bd"'],
      ['network_mode: service:off', 'no active profile enables the service "off"'],
      [
        'pid: service:off\ndepends_on: {off: {condition: service_started, required: false}}',
        'no active profile enables the service "off"',
      ],
      ['network_mode: service:web', 'in a circle: web → web'],
      ['network_mode: service:db\nports: ["80:80"]', 'the network of db, to which ports belongs'],
      ['network_mode: service:db\nhostname: h', 'the network of db, to which hostname belongs'],
      ['network_mode: host\nmac_address: 02:42:ac:11:65:43', 'takes no address'],
      ['ipc: container:x', 'names a container of one host'],
      ['ipc: mine', 'use one of host, none, private, shareable, service:NAME, or remove it'],
      ['pid: private', '"private" is not a mode that nap knows'],
      ['uts: service:db', '"service:db" is not a mode that nap knows'],
      ['uts: host\nhostname: h', 'with uts: host the name is that of the host'],
      ['cgroup: none', '"none" is not one of host, private'],
      ['cgroup: host\ncgroupns_mode: host', 'it is the old name of cgroup'],
    ],
    OTHER,
  );

  test('the service whose namespace is shared is a dependency', async () => {
    const { dependencies } = await serviceOf('network_mode: service:db', OTHER);
    expect(dependencies).toEqual([{ service: 'db', condition: 'started', required: true }]);
  });

  test('circles over all of them are found', async () => {
    const text = `services:
  a: {image: i, network_mode: "service:b"}
  b: {image: i, pid: "service:c"}
  c: {image: i, volumes_from: [a]}
`;
    expect(problemText(await loadText(text))).toContain('in a circle: a → b → c → a');
  });

  test('what has no effect is a warning', async () => {
    const text = (web: string): string => `services: {web: {image: i, ${web}}, db: {image: i}}`;
    const problems = async (web: string): Promise<string> => problemText(await loadText(text(web)));
    expect(await problems('network_mode: host, ports: ["80:80"]')).toContain(
      'warning  services.web.ports: nothing is published with network_mode: host',
    );
    expect(await problems('ipc: "service:db"')).toContain(
      'warning  services.web.ipc: db does not share its IPC namespace',
    );
  });

  test('an override file takes back what nap refuses', async () => {
    const web = await mergedConfig('network_mode: container:x', 'network_mode: !reset null');
    expect(web).toMatchObject({ networks: { default: null } });
  });

  test('the old name merges with the new one', async () => {
    expect(await mergedConfig('cgroup: host', 'cgroupns_mode: private')).toMatchObject({
      cgroup: 'private',
    });
  });
});
