import { problemText, loadText } from '../testing/load-texts.js';
import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const MAC = '02:42:ac:11:65:43';

describe('names and addresses of a container', () => {
  testForms([
    ['dns: 8.8.8.8', { dns: ['8.8.8.8'] }, { dns: ['8.8.8.8'] }],
    ['dns: [8.8.8.8, "::1", 8.8.8.8]', { dns: ['8.8.8.8', '::1'] }, { dns: ['8.8.8.8', '::1'] }],
    ['dns: []', {}, {}],
    ['dns_opt: [use-vc]', { dns_opt: ['use-vc'] }, { dnsOptions: ['use-vc'] }],
    ['dns_search: a.b', { dns_search: ['a.b'] }, { dnsSearch: ['a.b'] }],
    ['domainname: a.b', { domainname: 'a.b' }, { domainname: 'a.b' }],
    [`mac_address: ${MAC}`, { mac_address: MAC }, { macAddress: MAC }],
    [
      `networks: {default: {mac_address: "${MAC}"}}`,
      { networks: { default: { mac_address: MAC } } },
      { macAddress: MAC },
    ],
  ]);

  testRefusals([
    ['dns: here', '"here" is not an IP address'],
    ['domainname: a b', '"a b" is not a host name'],
    ['mac_address: mine', '"mine" is not a MAC address'],
    [`mac_address: ${MAC}\nscale: 2`, '2 replicas cannot share one mac address'],
    [`mac_address: ${MAC}\ndeploy: {mode: global}`, 'on all hosts cannot share one mac address'],
    [`networks: {default: {mac_address: "${MAC}"}}\nscale: 2`, 'cannot share one mac address'],
    [
      `mac_address: ${MAC}\nnetworks: {default: {mac_address: "02:42:ac:11:65:44"}}`,
      'here two addresses',
    ],
    ['container_name: one\ndeploy: {mode: global}', 'on all hosts cannot share one container name'],
    ['networks: {default: {ipv4_address: 10.0.0.1}}', 'nap gives out the addresses itself'],
  ]);

  test('a later file adds what is not there yet', async () => {
    expect(await mergedConfig('dns: 1.1.1.1', 'dns: [1.1.1.1, 8.8.8.8]')).toMatchObject({
      dns: ['1.1.1.1', '8.8.8.8'],
    });
  });
});

test('several networks never look isolated: each is named', async () => {
  const text = `services:
  web: {image: i, networks: [front]}
  db: {image: i, networks: [back]}
  both: {image: i, networks: [front, back]}
networks: {front: , back: {internal: true}}
`;
  const problems = problemText(await loadText(text));
  expect(problems).toContain('warning  networks.front: nap does not isolate the network "front"');
  expect(problems).toContain('warning  networks.back: nap does not isolate the network "back"');
  expect(problems).toContain('error  networks.back.internal: nap cannot keep a network away');
});
