import type { InstanceId, Placement } from '@nap/shared';
import { aPlacement } from '../testing/builders.js';
import { historyAfter, NO_HISTORY } from './store-history.js';

const web = aPlacement('shop.web.1');
const db = aPlacement('shop.db.1');

const placed = (...placements: readonly Placement[]): ReadonlyMap<InstanceId, Placement> =>
  new Map(placements.map((placement) => [placement.instance, placement]));
const ids = (...placements: readonly Placement[]): ReadonlySet<InstanceId> =>
  new Set(placements.map(({ instance }) => instance));

describe('what is remembered of etcd', () => {
  const before = { ...NO_HISTORY, revision: 10n };

  it('is no doubt while its revision grows: what is gone was deleted', () => {
    const after = historyAfter(before, 11n, { known: placed(web, db), listed: ids(db) });
    expect(after).toEqual({ revision: 11n, doubted: new Set() });
  });

  it('is a doubt of all that an older list lacks', () => {
    const after = historyAfter(before, 9n, { known: placed(web, db), listed: ids(db) });
    expect(after).toEqual({ revision: 9n, doubted: ids(web) });
  });

  it('keeps a doubt until the instance is placed again', () => {
    const doubting = { revision: 9n, doubted: ids(web) };
    expect(historyAfter(doubting, 12n, { known: placed(), listed: ids() }).doubted).toEqual(
      ids(web),
    );
    expect(historyAfter(doubting, 12n, { known: placed(), listed: ids(web) }).doubted).toEqual(
      ids(),
    );
  });

  it('has no doubt of what was to be removed anyway, and of what must not run twice', () => {
    const known = placed({ ...web, wanted: 'removed' }, { ...db, stopAfterMs: 1_000 });
    expect(historyAfter(before, 9n, { known, listed: ids() }).doubted).toEqual(ids());
  });
});
