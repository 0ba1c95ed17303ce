import { systemClock } from '@nap/shared/runtime';
import type { ContainerSpec } from '@nap/shared';
import { createRequest, type CreateContext } from '../docker/create-request.js';
import type { CreateRequest } from '../docker/create-body.js';
import type { DockerPort } from '../docker/docker-port.js';
import { openDocker } from '../docker/dockerode-gateway.js';
import { openOperatorDocker } from '../docker/operator-gateway.js';
import type { OperatorPort } from '../docker/operator-port.js';
import { diskHostsFiles, type HostsFileIo } from '../hosts-file/write.js';
import { aPlacement, CLUSTER, HOST, PLATFORM } from './builders.js';
import { FakeDocker } from './fake-docker.js';
import { FakeOperator } from './fake-operator.js';
import { canRunDockerd, startPrivateDockerd, type PrivateDockerd } from './private-dockerd.js';

/** An engine under contract, and what a test does behind nap's back. */
export interface Engine {
  readonly docker: DockerPort;
  readonly operator: OperatorPort;
  readonly hostsFiles: HostsFileIo;
  /** A container that is not nap's; with an address on the network `nap` it runs. */
  addForeign(name: string, address?: string): Promise<void> | void;
  exit(name: string, exitCode: number): Promise<void> | void;
  stop(): Promise<void>;
}

/** Runs until it is told to end, and says with which code. */
const PROGRAM = ['sh', '-c', 'while [ ! -f /tmp/end ]; do sleep 0.05; done; exit $(cat /tmp/end)'];

async function realEngine(): Promise<Engine> {
  const dockerd: PrivateDockerd = await startPrivateDockerd();
  await dockerd.makeImage('box');
  return {
    docker: openDocker(dockerd.socket),
    operator: openOperatorDocker(dockerd.socket),
    hostsFiles: diskHostsFiles,
    addForeign: (name, address) => {
      const how =
        address === undefined ? ['create'] : ['run', '-d', '--network', 'nap', '--ip', address];
      dockerd.docker(...how, '--name', name, 'box', 'sleep', '1000');
    },
    exit: (name, exitCode) => {
      dockerd.docker('exec', name, 'sh', '-c', `echo ${exitCode} > /tmp/end`);
    },
    stop: () => dockerd.stop(),
  };
}

function fakeEngine(): Promise<Engine> {
  const docker = new FakeDocker({ clock: systemClock });
  docker.images.add('box');
  return Promise.resolve({
    docker,
    operator: new FakeOperator(docker),
    hostsFiles: docker.hostsFiles,
    addForeign: (name, address) => {
      docker.addForeign(name, address);
    },
    exit: (name, exitCode) => {
      docker.exit(name, exitCode);
    },
    stop: () => Promise.resolve(),
  });
}

const LOOK_EVERY_MS = 20;
const WITHIN_MS = 20_000;
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
): Promise<T> {
  const untilMs = systemClock.monotonicMs() + WITHIN_MS;
  let value = await look();
  while (!holds(value)) {
    if (systemClock.monotonicMs() > untilMs)
      throw new Error(`not in time: ${JSON.stringify(value)}`);
    await systemClock.sleep(LOOK_EVERY_MS);
    value = await look();
  }
  return value;
}

let count = 0;
/** For a container of an instance of its own, on the bridge; with an address on the network `nap`. */
export function request(
  spec: Partial<ContainerSpec> = {},
  over: Partial<CreateContext> = {},
): CreateRequest {
  count += 1;
  const name = `shop-web-${count}`;
  const placement = aPlacement(`shop.web.${count}`, {}, { command: PROGRAM, ...spec });
  return createRequest({
    ...{ name, placement, seeds: [] },
    cluster: CLUSTER,
    host: HOST,
    platform: PLATFORM,
    network: over.address === undefined ? 'bridge' : 'nap',
    inherited: [],
    partners: new Map(),
    filePath: () => '/nowhere',
    apiVersion: '1.41',
    ...over,
  });
}

/** The fake, and the real one where that can be run. */
export const engines: (readonly [string, () => Promise<Engine>])[] = [
  ['the fake engine', fakeEngine],
];
if (canRunDockerd()) engines.push(['a real dockerd', realEngine]);
