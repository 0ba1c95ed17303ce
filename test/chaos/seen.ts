import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { isInstanceId, isSpecHash, type InstanceId, type SpecHash } from '@nap/shared';
import type { Lab } from '@nap/lab';

/** What the engines say, asked directly and not through nap. */

export interface SeenContainer {
  readonly id: string;
  readonly name: string;
  /** Absent: not nap's. */
  readonly own?: { readonly instance: InstanceId; readonly specHash: SpecHash };
  readonly isRunning: boolean;
  readonly ip?: string;
}

export interface SeenHost {
  readonly name: string;
  /** Absent: its engine does not answer, so nobody knows. */
  readonly engine?: {
    readonly containers: readonly SeenContainer[];
    readonly volumes: readonly string[];
  };
}

const ANSWER_TIMEOUT_MS = 2_000;

/** One host after the other, so that what is seen of one is older than what is seen of the next. */
export async function seeHosts(lab: Lab, hosts: readonly string[]): Promise<readonly SeenHost[]> {
  const seen: SeenHost[] = [];
  for (const name of hosts) {
    const socketPath = await lab.dockerSocket(name);
    seen.push(socketPath === undefined ? { name } : await seeHost(name, socketPath));
  }
  return seen;
}

async function seeHost(name: string, socketPath: string): Promise<SeenHost> {
  try {
    const containers = (await ask(socketPath, '/containers/json?all=1')) as readonly RawContainer[];
    const { Volumes: volumes } = (await ask(socketPath, '/volumes')) as RawVolumes;
    return {
      name,
      engine: {
        containers: containers.map(toContainer),
        volumes: (volumes ?? []).map((it) => it.Name),
      },
    };
  } catch {
    // An engine that is frozen or on its way up says nothing of its containers.
    return { name };
  }
}

interface RawContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>>;
  };
}

interface RawVolumes {
  readonly Volumes: readonly { readonly Name: string }[] | null;
}

function toContainer({ Id, Names, State, Labels, NetworkSettings }: RawContainer): SeenContainer {
  const instance = Labels['nap.instance'] ?? '';
  const specHash = Labels['nap.spec-hash'] ?? '';
  const ip = Object.values(NetworkSettings?.Networks ?? {})[0]?.IPAddress ?? '';
  return {
    id: Id,
    name: (Names[0] ?? '').replace(/^\//, ''),
    isRunning: State === 'running',
    ...(isInstanceId(instance) && isSpecHash(specHash) ? { own: { instance, specHash } } : {}),
    ...(ip === '' ? {} : { ip }),
  };
}

async function ask(socketPath: string, path: string): Promise<unknown> {
  const body = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
  return JSON.parse(body);
}
