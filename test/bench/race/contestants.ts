import { resolve } from 'node:path';
import type { RunningProcess } from '@nap/lab';
import {
  cleanUp,
  lab,
  mustNap,
  nap as runNap,
  on,
  soon,
  startNap,
} from '../../e2e/support/cluster.js';
import { composeText, PROJECT, type Contestant, type RaceFile } from './contestant.js';

const ENGINE = resolve('test/bench/on-host/engine-fleet.mjs');
/** More at once only adds latency: the processors are the limit (two cores, three dockerds). */
const CONCURRENCY = 4;

const shell = async (host: string, line: string, input?: string): Promise<string> => {
  const { code, stdout, stderr } = await lab.exec(host, ['sh', '-c', line], {
    timeoutMs: 5 * 60_000,
    ...(input === undefined ? {} : { input }),
  });
  if (code !== 0) throw new Error(`${line} on ${host} ended with ${code}: ${stderr}`);
  return stdout.trim();
};

const eachHost = async (work: (host: string) => Promise<unknown>): Promise<void> => {
  await Promise.all((await lab.hosts()).map(work));
};

const agents = async (action: 'start' | 'stop'): Promise<void> => {
  await eachHost(async (host) => lab.agent(host, action));
};

const nothing = async (): Promise<void> => Promise.resolve();

/** The Engine API alone: a loop on each host. The floor. */
export const engine: Contestant = {
  name: 'engine',
  manner: `bare Engine API by dockerode, ${CONCURRENCY} at once on each host, all hosts in parallel`,
  hosts: (all) => all,
  enter: async () => agents('stop'),
  leave: nothing,
  apply: async ({ services }) => {
    const hosts = await lab.hosts();
    const count = services.reduce((sum, { replicas }) => sum + replicas, 0) / hosts.length;
    await eachHost(async (host) => on(host, 'node', ENGINE, String(count), String(CONCURRENCY)));
  },
  scale: async () => Promise.reject(new Error('the Engine does not scale')),
  clear: async () => {
    await eachHost(async (host) =>
      shell(host, 'docker ps -aq --filter label=race.engine | xargs -r docker rm -f'),
    );
  },
  serviceOf: (attributes) => attributes['race.engine'],
  rejoined: nothing,
};

/** docker-compose of Debian, on the first host alone. */
export const compose: Contestant = {
  name: 'compose',
  manner: 'docker-compose 1.29 of Debian; one host runs all',
  hosts: (all) => all.slice(0, 1),
  enter: async () => agents('stop'),
  leave: nothing,
  apply: async (file) => composeUp(file, []),
  scale: async (service, count) =>
    composeUp({ services: [{ name: service, replicas: 0 }] }, ['--scale', `${service}=${count}`]),
  clear: async () => {
    const [host = ''] = await lab.hosts();
    await shell(
      host,
      `docker ps -aq --filter label=com.docker.compose.project=${PROJECT} | xargs -r docker rm -f; docker network rm ${PROJECT}_default >/dev/null 2>&1 || true`,
    );
  },
  serviceOf: (attributes) => attributes['com.docker.compose.service'],
  rejoined: nothing,
};

async function composeUp(file: RaceFile, flags: readonly string[]): Promise<void> {
  const [host = ''] = await lab.hosts();
  const scales = file.services
    .filter(({ replicas }) => replicas > 0)
    .flatMap(({ name, replicas }) => ['--scale', `${name}=${replicas}`]);
  await shell(
    host,
    `docker-compose -p ${PROJECT} -f - up -d ${[...scales, ...flags].join(' ')} 2>&1`,
    composeText(file),
  );
}

/** Swarm mode of the hosts' own engine; the first host manages. */
export const swarm: Contestant = {
  name: 'swarm',
  manner:
    'Docker Swarm mode, the first host is the only manager; endpoint_mode dnsrr, --resolve-image never, DOCKER_SERVICE_PREFER_OFFLINE_IMAGE=1, restart delay 0',
  hosts: (all) => all,
  enter: async () => {
    await agents('stop');
    const [manager = '', ...workers] = (await lab.plan()).hosts;
    if (typeof manager === 'string') throw new Error('the lab has no hosts');
    await eachHost(preferLocalImages);
    await shell(manager.name, `docker swarm init --advertise-addr ${manager.ip}`);
    const token = await shell(manager.name, 'docker swarm join-token -q worker');
    for (const worker of workers) {
      await shell(worker.name, `docker swarm join --token ${token} ${manager.ip}:2377`);
    }
  },
  leave: async () => {
    for (const host of [...(await lab.hosts())].reverse()) {
      await shell(host, 'docker swarm leave --force >/dev/null 2>&1 || true');
    }
  },
  apply: async (file) => {
    await onManager(
      `cat > /tmp/race.yml && docker stack deploy --resolve-image never -c /tmp/race.yml ${PROJECT}`,
      composeText(file),
    );
  },
  scale: async (service, count) => {
    await onManager(`docker service scale -d ${PROJECT}_${service}=${count}`);
  },
  clear: async () => {
    await onManager(`docker stack rm ${PROJECT} >/dev/null 2>&1 || true`);
    await eachHost(async (host) => {
      await soon(`no container of the stack is left on ${host}`, async () => {
        const left = await shell(
          host,
          `docker ps -aq -f label=com.docker.stack.namespace=${PROJECT}`,
        );
        if (left !== '') throw new Error(left);
      });
    });
    // `stack rm` may leave the network behind, in use for a moment.
    await soon('the network of the stack is gone', async () => {
      await onManager(
        `docker network rm ${PROJECT}_default >/dev/null 2>&1; ! docker network inspect ${PROJECT}_default >/dev/null 2>&1`,
      );
    });
  },
  serviceOf: (attributes) => attributes['com.docker.swarm.service.name']?.slice(PROJECT.length + 1),
  rejoined: async (host) => {
    await lab.agent(host, 'stop'); // enabled at boot
    await soon(`${host} is ready`, async () => {
      const state = await onManager(
        `docker node ls --format '{{.Hostname}} {{.Status}}' | grep '^${host} '`,
      );
      if (!state.endsWith(' Ready')) throw new Error(state);
    });
  },
};

async function onManager(line: string, input?: string): Promise<string> {
  const [manager = ''] = await lab.hosts();
  return shell(manager, line, input);
}

/** Without it each task tries a pull first, `--resolve-image never` or not. */
async function preferLocalImages(host: string): Promise<void> {
  const directory = '/etc/systemd/system/docker.service.d';
  await shell(
    host,
    `test -e ${directory}/race.conf || { mkdir -p ${directory}; printf '[Service]\\nEnvironment=DOCKER_SERVICE_PREFER_OFFLINE_IMAGE=1\\n' > ${directory}/race.conf; systemctl daemon-reload; systemctl reset-failed docker; systemctl restart docker; }`,
  );
}

let daemon: RunningProcess | undefined;

/** nap: an agent on each host, etcd and one daemon beside them. */
export const nap: Contestant = {
  name: 'nap',
  manner:
    'nap-agent on each host, one etcd member and one nap-controller serve beside them, all at default settings',
  hosts: (all) => all,
  enter: async () => {
    await agents('start');
    await soon('every agent has registered', async () => {
      const hosts = JSON.parse(await mustNap(['host', 'ls', '--format', 'json'])) as {
        state: string;
      }[];
      if (hosts.some(({ state }) => state !== 'active')) throw new Error(JSON.stringify(hosts));
    });
    daemon = await startNap(['serve']);
    daemon.stdout.resume();
    daemon.stderr.resume();
  },
  leave: async () => {
    await daemon?.stop('SIGTERM');
    daemon = undefined;
  },
  apply: async (file) => {
    await mustNap(['apply', '-f', '-', '-p', PROJECT, '--progress', 'quiet'], composeText(file));
  },
  scale: async (service, count) => {
    await mustNap(['scale', '-p', PROJECT, `${service}=${count}`, '--progress', 'quiet']);
  },
  clear: async () => cleanUp(PROJECT),
  serviceOf: (attributes) =>
    attributes['nap.project'] === PROJECT ? attributes['nap.service'] : undefined,
  rejoined: async (host) => {
    await soon(`${host} is active`, async () => {
      const { stdout } = await runNap(['host', 'ls', '--format', 'json']);
      const found = (JSON.parse(stdout) as { host: string; state: string }[]).find(
        (row) => row.host === host,
      );
      if (found?.state !== 'active') throw new Error(stdout);
    });
  },
};

export const daemonPid = (): number | undefined => daemon?.pid;
