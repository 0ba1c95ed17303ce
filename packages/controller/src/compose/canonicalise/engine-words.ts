import { didYouMean } from '../../did-you-mean.js';
import { isSignal, SIGNAL_NAMES } from '../../signals.js';
import { checkedText, orEmpty } from './scalars.js';

/** Words that the engine has a list of: a wrong one would fail on the host only, when the container is created. */

/** The nearest of names that are written in capitals. */
function nearestName(word: string, names: readonly string[]): string | undefined {
  const lower = names.map((name) => name.toLowerCase());
  return didYouMean(word.toLowerCase(), lower)?.replace(/"[^"]*"/, (name) => name.toUpperCase());
}

/** capabilities(7), and ALL. */
const CAPABILITIES: readonly string[] = (
  'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH ' +
  'FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT ' +
  'SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'
).split(' ');

/** In any case, with CAP_ or without, but for ALL, as the engine takes them. Canonical: as written. */
export const capability = checkedText('capability', (written) => {
  const upper = written.toUpperCase();
  const name = upper.replace(/^CAP_/, '');
  if (CAPABILITIES.includes(name) && upper !== 'CAP_ALL') return undefined;
  const hint = nearestName(name, CAPABILITIES) ?? 'such as NET_ADMIN, or ALL';
  return [`"${written}" is not a capability of Linux`, hint];
});

export const signal = orEmpty(
  checkedText('signal', (written) => {
    if (isSignal(written.toUpperCase())) return undefined;
    const near = nearestName(written.replace(/^SIG/i, ''), SIGNAL_NAMES);
    return [`there is no signal "${written}"`, near ?? 'such as SIGTERM, RTMIN+3, or a number'];
  }),
);

/** The engine refuses any other working directory. */
export const directoryInside = orEmpty(
  checkedText('absolute path', (written) =>
    written.startsWith('/')
      ? undefined
      : [`"${written}" is not an absolute path in the container`, `start it with "/"`],
  ),
);
