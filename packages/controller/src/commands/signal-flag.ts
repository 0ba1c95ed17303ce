import { NapError } from '@nap/shared/errors';
import { isSignal } from '../signals.js';

/** The signal as the engine takes it: a name in capitals, or a number. Throws USAGE for what is none. */
export function parseSignal(text: string): string {
  const signal = text.toUpperCase();
  if (isSignal(signal)) return signal;
  throw new NapError('USAGE', `--signal: there is no signal ${JSON.stringify(text)}`, {
    hint: 'a name such as HUP or SIGHUP, RTMIN+3, or a number: 1 to 31, 34 to 64',
  });
}
