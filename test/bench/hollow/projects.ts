import { projectName, serviceName, type Project, type ServiceSpec } from '@nap/shared';

/** What hollow clusters run. */

export const IMAGE = 'registry.example.com/team/app:1.2.3';
const SERVICES = ['web', 'api', 'worker'];
/** Of every project that fills the cluster. */
export const REPLICAS = 10;
export const PROJECT_SIZE = SERVICES.length * REPLICAS;
/** Of the project that is changed: it has one instance of each service on each host of its group. */
export const CHANGED = 'changed';
/** The hosts that the changed project is bound to, and how many they are in every cluster. */
export const NEAR = 'near';
export const NEAR_HOSTS = 5;

function service(name: string, index: number): ServiceSpec {
  return {
    name: serviceName(name),
    replicas: REPLICAS,
    container: {
      image: IMAGE,
      environment: Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [`SETTING_${at}`, `value ${at} of ${name} ${index}`]),
      ),
      labels: { team: 'shop' },
      ports: [],
      expose: ['8080/tcp'],
      mounts: [
        { type: 'bind', source: '/etc/ssl/certs', target: '/etc/ssl/certs', readOnly: true },
      ],
      extraHosts: [],
      restart: { condition: 'always' },
      stopGracePeriodMs: 10_000,
    },
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
    scheduling: { reserves: { memoryBytes: 16 * 1024 ** 2 } },
  };
}

/** Thirty instances of three services, wherever there is room. */
export function filler(index: number): Project {
  return {
    name: projectName(`p${String(index).padStart(5, '0')}`),
    services: SERVICES.map((name) => service(name, index)),
  };
}

/** A small project, bound to some hosts, so that all others have nothing to do with its changes. */
export function changedFile(replicas: number, version: number): string {
  const one = (name: string, count: number, setting: string): string =>
    `  ${name}:
    image: ${IMAGE}
    environment: { VERSION: "${setting}" }
    deploy:
      replicas: ${count}
      placement: { constraints: [node.labels.group == ${NEAR}] }
`;
  return `name: ${CHANGED}\nservices:\n${one('web', replicas, 'same')}${one('api', NEAR_HOSTS, String(version))}`;
}
