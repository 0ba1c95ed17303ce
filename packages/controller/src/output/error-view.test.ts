import { NapError } from '@nap/shared/errors';
import { errorText } from './error-view.js';

it('says once what is true of many', () => {
  const full = 'needs 2 GiB: host-a has 1.1 free';
  const unplaced = [
    { instance: 'shop.web.1', reason: full },
    { instance: 'shop.db.1', reason: 'host-b is away' },
    { instance: 'shop.web.2', reason: full },
    { instance: 'shop.web.3', reason: full },
  ];
  const err = new NapError('UNPLACEABLE', '4 can be placed on no host', { details: { unplaced } });
  expect(errorText(err)).toBe(
    [
      'error: 4 can be placed on no host',
      `  shop.web.1 and 2 more: ${full}`,
      '  shop.db.1: host-b is away',
    ].join('\n'),
  );
});

it('says where what has failed is', () => {
  const failed = [{ instance: 'shop.web.1', host: 'host-a', message: 'exit code 1' }];
  const err = new NapError('NOT_CONVERGED', 'it failed', {
    details: { failed },
    hint: 'see its logs',
  });
  expect(errorText(err)).toBe(
    'error: it failed\n  shop.web.1 on host-a: exit code 1\n  see its logs',
  );
});
