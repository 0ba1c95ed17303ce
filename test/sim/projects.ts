import {
  projectName,
  serviceName,
  type Dependency,
  type Project,
  type ServiceSpec,
} from '@nap/shared';

/** What the operators of the simulation apply: small projects that have something of everything. */

export const PROJECTS = ['shop', 'blog'] as const;
export type ProjectId = (typeof PROJECTS)[number];
/** A program that ends at once with code 0. */
export const JOB_IMAGE = 'job';
export const IMAGE = 'box';
export const STOP_AFTER_MS = 15_000;
/** Services whose number of replicas changes. */
export const SCALED = ['web', 'api', 'ledger'] as const;
/** What operators stop, start and restart; not every project has all of it. */
export const STOPPABLE = [
  ['web'],
  ['web/1'],
  ['web/2', 'web/3'],
  ['api'],
  ['db'],
  ['migrate', 'api'],
  ['ledger'],
  ['probe/1'],
] as const;
export type ScaledService = (typeof SCALED)[number];

export interface Variant {
  /** Changes the specs of `web` and `api`. */
  readonly version: number;
  /** Changes the spec of the database. */
  readonly data: number;
  readonly web: number;
  readonly api: number;
}

const HEALTHCHECK = {
  test: ['CMD', 'true'],
  intervalMs: 1_000,
  timeoutMs: 1_000,
  retries: 3,
} as const;

function service(
  name: string,
  version: number,
  more: Omit<Partial<ServiceSpec>, 'container'> & {
    readonly container?: Partial<ServiceSpec['container']>;
  } = {},
): ServiceSpec {
  const { container, ...rest } = more;
  return {
    name: serviceName(name),
    replicas: 1,
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
    ...rest,
    container: {
      image: IMAGE,
      environment: { VERSION: String(version) },
      labels: {},
      ports: [],
      expose: [],
      mounts: [],
      extraHosts: [],
      restart: { condition: 'always' },
      stopGracePeriodMs: 2_000,
      ...container,
    },
  };
}

const on = (name: string, condition: Dependency['condition']): Dependency => ({
  service: serviceName(name),
  condition,
  required: true,
});

function shop({ version, data, web, api }: Variant): readonly ServiceSpec[] {
  return [
    service('db', data, {
      container: {
        healthcheck: { ...HEALTHCHECK, test: [...HEALTHCHECK.test] },
        mounts: [{ type: 'volume', name: 'shop_data', target: '/data' }],
      },
    }),
    service('migrate', data, {
      dependencies: [on('db', 'healthy')],
      container: { image: JOB_IMAGE, restart: { condition: 'no' } },
    }),
    service('api', version, {
      replicas: api,
      dependencies: [on('db', 'healthy'), on('migrate', 'completed')],
    }),
    service('web', version, {
      replicas: web,
      aliases: ['www'],
      dependencies: [on('api', 'started')],
    }),
  ];
}

function blog({ version, data, web }: Variant): readonly ServiceSpec[] {
  return [
    service('ledger', data, {
      scheduling: { onPartition: { stopAfterMs: STOP_AFTER_MS } },
    }),
    service('probe', version, { mode: 'global' }),
    service('web', version, { replicas: web, dependencies: [on('ledger', 'started')] }),
  ];
}

export function projectOf(id: ProjectId, variant: Variant): Project {
  return {
    name: projectName(id),
    services: [...(id === 'shop' ? shop(variant) : blog(variant))],
  };
}
