/** nap-agent on the hosts: installed from this checkout by deploy/install.sh, as on any host. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { mustOnHost, onHost } from './host.js';
import { run } from './machine/run.js';
import { CHECKOUT_DIR } from './paths.js';
import { controlService } from './services.js';

const AGENT_MAIN = join(CHECKOUT_DIR, 'packages/agent/dist/main.js');
/** What installing leaves last. */
const ENABLED_UNIT = '/etc/systemd/system/multi-user.target.wants/nap-agent.service';

/** Before anything is started, so that a missing build does not leave half a lab behind. */
export async function checkAgentIsBuilt(): Promise<void> {
  try {
    await access(AGENT_MAIN);
  } catch (cause) {
    throw new LabError(`nap-agent is not built: ${AGENT_MAIN} is missing`, {
      hint: 'npm run build; or leave the agents out: nap-lab up --no-agents',
      cause,
    });
  }
}

/** Installs and starts it on a host, or only starts one that is installed. One that runs is left alone. */
export async function ensureAgent(host: string): Promise<void> {
  const isEnabled = await run(await onHost(host, ['test', '-e', ENABLED_UNIT]));
  if (isEnabled.code === 0) {
    await controlService(host, 'agent', 'start');
  } else {
    const install = join(CHECKOUT_DIR, 'deploy/install.sh');
    await mustOnHost(host, [install, '--link', '--start']);
  }
}
