import type { Lab } from '@nap/lab';

/** The clocks of agents, which read them through libfaketime where that is installed: all hosts of the lab share one kernel. */

const CLOCK_FILE = '/run/lab-clock';
const DROP_IN = '/etc/systemd/system/nap-agent.service.d/clock.conf';
const SETTINGS = `FAKETIME_TIMESTAMP_FILE=${CLOCK_FILE} FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1`;
const PREPARE = `
set -e
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1)
echo +0 > ${CLOCK_FILE}
test ! -e ${DROP_IN} || exit 0
mkdir -p $(dirname ${DROP_IN})
printf '[Service]\nEnvironment=LD_PRELOAD=%s ${SETTINGS}\n' "$library" > ${DROP_IN}
systemctl daemon-reload
systemctl restart nap-agent`;
const FORGET = `rm -f ${DROP_IN} && systemctl daemon-reload && systemctl restart nap-agent`;

/** From now on clocks can be set. False: libfaketime is not there, and they cannot. */
export async function prepareClocks(lab: Lab): Promise<boolean> {
  for (const host of await lab.hosts()) {
    if ((await lab.exec(host, ['sh', '-c', PREPARE])).code !== 0) return false;
  }
  return true;
}

/** Agents read the clock of the kernel again. */
export async function forgetClocks(lab: Lab): Promise<void> {
  for (const host of await lab.hosts()) await lab.exec(host, ['sh', '-c', FORGET]);
}

export async function setAgentClock(lab: Lab, host: string, bySeconds: number): Promise<void> {
  const offset = `${bySeconds < 0 ? '-' : '+'}${Math.abs(bySeconds)}`;
  await lab.exec(host, ['sh', '-c', `echo '${offset}' > ${CLOCK_FILE}`]);
}
