/** systemd units on a host. */
import { mustOnHost, onHost } from './host.js';
import { run } from './machine/run.js';

export const SERVICE_ACTIONS = ['stop', 'start', 'restart', 'kill', 'freeze', 'thaw'] as const;
export type ServiceAction = (typeof SERVICE_ACTIONS)[number];

/** Starting `docker` means its socket too: as long as that is there, the next client starts dockerd again. */
const UNITS = {
  dockerd: ['docker.socket', 'docker.service'],
  agent: ['nap-agent.service'],
} as const;
export type Service = keyof typeof UNITS;

const TIMEOUT_MS = 120_000;

/** To the main process. systemd starts one that was killed again by itself. */
const SIGNALS = { kill: 'KILL', freeze: 'STOP', thaw: 'CONT' } as const;

/** `kill` is SIGKILL, `freeze` SIGSTOP and `thaw` SIGCONT to the main process; the others are systemd's own words. */
export async function controlService(
  host: string,
  service: Service,
  action: ServiceAction,
): Promise<void> {
  const units = UNITS[service];
  const main = units.at(-1) ?? '';
  if (action === 'kill' || action === 'freeze' || action === 'thaw') {
    await mustOnHost(host, ['systemctl', 'kill', '-s', SIGNALS[action], '--kill-who=main', main]);
    return;
  }
  // A unit that was started three times within a minute refuses a fourth, which tests do all the time.
  if (action !== 'stop') await mustOnHost(host, ['systemctl', 'reset-failed', ...units]);
  const targets = action === 'restart' ? [main] : units;
  await mustOnHost(host, ['systemctl', action, ...targets], { timeoutMs: TIMEOUT_MS });
}

/** What `systemctl is-active` says: `active`, `inactive`, `failed`, `activating`. */
export async function serviceState(host: string, service: Service): Promise<string> {
  const unit = UNITS[service].at(-1) ?? '';
  const { stdout } = await run(await onHost(host, ['systemctl', 'is-active', unit]));
  return stdout.trim();
}
