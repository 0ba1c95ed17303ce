import { NapError } from '@nap/shared/errors';

/** Those of Linux, where the containers are, not of wherever the command runs: the names that the engine takes. */
const NAMES: ReadonlySet<string> = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP ' +
    'TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
  ).split(' '),
);
const REAL_TIME = /^RT(MIN\+([1-9]|1[0-5])|MAX-([1-9]|1[0-4]))$/;

const LAST_USUAL = 31;
const REAL_TIME_NUMBERS = { first: 34, last: 64 };

/** The signal as the engine takes it: a name in capitals, or a number. Throws USAGE for what is none. */
export function parseSignal(text: string): string {
  const signal = text.toUpperCase();
  if (/^\d+$/.test(signal) ? isNumber(Number(signal)) : isName(signal)) return signal;
  throw new NapError('USAGE', `--signal: there is no signal ${JSON.stringify(text)}`, {
    hint: 'a name such as HUP or SIGHUP, RTMIN+3, or a number: 1 to 31, 34 to 64',
  });
}

function isName(signal: string): boolean {
  const name = signal.replace(/^SIG/, '');
  return NAMES.has(name) || REAL_TIME.test(name);
}

const isNumber = (number: number): boolean =>
  (number >= 1 && number <= LAST_USUAL) ||
  (number >= REAL_TIME_NUMBERS.first && number <= REAL_TIME_NUMBERS.last);
