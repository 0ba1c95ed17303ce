import { instanceId, partnerInstances } from '@nap/shared';
import { aContainer, aPlacement, aSpec, exited } from '../testing/builders.js';
import { ownAnonymousVolumes, resolvePartners } from './partners.js';

const db = instanceId('shop.db.1');
const cache = instanceId('shop.cache.1');

describe('partners', () => {
  it('are named once each, whatever is shared with them', () => {
    const spec = aSpec({
      network: { instance: db },
      ipc: { instance: db },
      pid: 'host',
      volumesFrom: [{ instance: cache }],
    });
    expect(partnerInstances(spec)).toEqual([db, cache]);
    expect(partnerInstances(aSpec({ network: 'host' }))).toEqual([]);
  });

  it('are containers that run here', () => {
    const spec = aSpec({ network: { instance: db } });
    const running = aContainer(aPlacement('shop.db.1'));
    const ended = aContainer(aPlacement('shop.db.1'), { id: 'old', run: exited() });
    expect(resolvePartners(spec, [ended, running])).toEqual(new Map([[db, running.id]]));
    expect(() => resolvePartners(spec, [ended])).toThrow('shop.db.1');
  });

  it('lend their anonymous volumes and do not give them away', () => {
    const lent = { name: 'a'.repeat(64), target: '/a', isAnonymous: true };
    const own = { name: 'b'.repeat(64), target: '/b', isAnonymous: true };
    const partner = aContainer(aPlacement('shop.db.1'), { volumes: [lent] });
    const web = aContainer(aPlacement('shop.web.1'), {
      volumes: [lent, own],
      partners: new Map([[db, 'a container that is gone by now']]),
    });
    expect(ownAnonymousVolumes(web, [partner, web])).toEqual([own]);
    expect(ownAnonymousVolumes(partner, [partner, web])).toEqual([lent]);
  });
});
