import { instanceId } from '@nap/shared';
import { interruptedText, nothingNewText } from './held-view.js';

const held = (...names: readonly string[]) =>
  names.map((name) => ({ instance: instanceId(name), reason: 'waits for web to be stopped' }));

it('says who goes on, and which command does what nobody would', () => {
  const why = 'interrupted by SIGINT';
  expect(interruptedText('shop', why, [])).toBe(
    'stopped waiting (interrupted by SIGINT): the agents go on',
  );
  expect(interruptedText('shop', why, undefined)).toBe(
    'stopped waiting (interrupted by SIGINT): the agents and nap-controller serve go on',
  );
  expect(interruptedText('shop', why, held('shop.db.1', 'shop.db.2', 'shop.db.3'))).toBe(
    [
      'stopped waiting (interrupted by SIGINT): the agents go on with what they were told; no nap-controller serve is there for the rest:',
      '  shop.db.1 and 2 more: waits for web to be stopped',
      'nap-controller wait -p shop goes on with it',
    ].join('\n'),
  );
});

it('says of what is asked for again what is left of it', () => {
  expect(nothingNewText('shop', [])).toBe('shop: nothing to change');
  expect(nothingNewText('shop/web', [], 'already stopped')).toBe('shop/web: already stopped');
  expect(nothingNewText('shop', held('shop.db.1', 'shop.db.2'), 'already stopped')).toBe(
    [
      'shop: nothing new, and not done yet:',
      '  shop.db.1 and 1 more: waits for web to be stopped',
    ].join('\n'),
  );
});

it('is bounded', () => {
  const many = Array.from({ length: 12 }, (_, at) => ({
    instance: instanceId(`shop.s${at}.1`),
    reason: `waits for s${at + 1} to be stopped`,
  }));
  const text = interruptedText('shop', 'why', many);
  expect(text.split('\n')).toHaveLength(13);
  expect(text).toContain('  and 2 more reasons');
});
