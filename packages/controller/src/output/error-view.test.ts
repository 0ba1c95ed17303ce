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

it('what a program wrote last stands further in than the sentence about it', () => {
  const message = 'the program ended with exit code 3; its last lines:\nreading\nno config';
  const failed = [{ instance: 'shop.web.1', host: 'host-a', message }];
  const still = `shop/web, which api depends on, is not started: ${message}`;
  const err = new NapError('NOT_CONVERGED', still, { details: { failed }, hint: 'mend it' });
  expect(errorText(err)).toBe(
    [
      `error: ${still.split('\n')[0]}`,
      ...['    reading', '    no config'],
      '  shop.web.1 on host-a: the program ended with exit code 3; its last lines:',
      ...['    reading', '    no config'],
      '  mend it',
    ].join('\n'),
  );
  expect(errorText(new NapError('BAD_CONFIG', 'it is wrong:\nshop.yml:3'))).toBe(
    'error: it is wrong:\nshop.yml:3',
  );
});
