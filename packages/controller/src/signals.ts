/** Those of Linux, where the containers are, not of wherever the command runs: the names that the engine takes. */
export const SIGNAL_NAMES: readonly string[] = (
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP ' +
  'TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
).split(' ');
const REAL_TIME = /^RT(MIN\+([1-9]|1[0-5])|MAX-([1-9]|1[0-4]))$/;

const LAST_USUAL = 31;
const REAL_TIME_NUMBERS = { first: 34, last: 64 };

/** Whether the engine knows a signal, by its name in capitals or its number. */
export function isSignal(signal: string): boolean {
  return /^\d+$/.test(signal) ? isNumber(Number(signal)) : isName(signal);
}

function isName(signal: string): boolean {
  const name = signal.replace(/^SIG/, '');
  return SIGNAL_NAMES.includes(name) || REAL_TIME.test(name);
}

const isNumber = (number: number): boolean =>
  (number >= 1 && number <= LAST_USUAL) ||
  (number >= REAL_TIME_NUMBERS.first && number <= REAL_TIME_NUMBERS.last);
