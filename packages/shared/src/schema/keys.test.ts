import { fileDigest, hostId, instanceId, projectName } from '../model/ids.js';
import { keys, parseKey } from './keys.js';

const shop = projectName('shop');
const hostA = hostId('host-a');
const web2 = instanceId('shop.web.2');
const digest = fileDigest('0'.repeat(64));

it.each([
  [keys.cluster(), { kind: 'cluster' }],
  [keys.leader(), { kind: 'leader' }],
  [keys.projectSpec(shop), { kind: 'projectSpec', project: shop }],
  [keys.projectRollout(shop), { kind: 'projectRollout', project: shop }],
  [keys.projectRevision(shop, 7), { kind: 'projectRevision', project: shop, revision: 7 }],
  [keys.placement(hostA, web2), { kind: 'placement', host: hostA, instance: web2 }],
  [keys.placementHeader(hostA), { kind: 'placementHeader', host: hostA }],
  [keys.content(shop, digest), { kind: 'content', project: shop, digest }],
  [keys.hostFile(hostA, digest), { kind: 'hostFile', host: hostA, digest }],
  [keys.name(web2), { kind: 'name', project: shop, instance: web2 }],
  [keys.report(web2), { kind: 'report', project: shop, instance: web2 }],
  [keys.hostInfo(hostA), { kind: 'hostInfo', host: hostA }],
  [keys.hostSession(hostA), { kind: 'hostSession', host: hostA }],
  [keys.hostPolicy(hostA), { kind: 'hostPolicy', host: hostA }],
  [keys.hostApi(hostA), { kind: 'hostApi', host: hostA }],
  [keys.volume('shop_data'), { kind: 'volume', volume: 'shop_data' }],
  [keys.check(hostA), { kind: 'check', host: hostA }],
  [keys.hostFacts(hostA), { kind: 'hostFacts', host: hostA }],
])('%s is read back as what it was built from', (key, parsed) => {
  expect(parseKey(key)).toEqual(parsed);
});

it.each([
  '',
  'x',
  'hosts/host-a/other',
  'placements/host-a',
  'names/shop/web',
  'toString',
  'projects/shop/history/x',
  'contents/shop/x',
  'files/host-a/x',
])('a key that this nap does not know is nobody’s: %s', (key) => {
  expect(parseKey(key)).toBeUndefined();
});

it('revisions sort as numbers', () => {
  expect([keys.projectRevision(shop, 10), keys.projectRevision(shop, 9)].sort()).toEqual([
    keys.projectRevision(shop, 9),
    keys.projectRevision(shop, 10),
  ]);
});
