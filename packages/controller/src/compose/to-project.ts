import {
  isServiceName,
  type Project,
  type ServiceContainer,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import { partsOf, type CarryContext, type ServiceFields } from './carry/carry.js';
import { replicasOf } from './carry/replicas.js';
import { restartOf } from './carry/restart.js';
import { child, entriesOf, textAt, type MapNode } from './node.js';

export type ProjectContext = Omit<CarryContext, 'service' | 'root'>;

const STOP_GRACE_MS = 10_000;

/** What a service has that says nothing but its image. */
function plainContainer(service: MapNode): ServiceContainer {
  return {
    image: textAt(service, 'image') ?? '',
    environment: {},
    labels: {},
    ports: [],
    expose: [],
    mounts: [],
    extraHosts: [],
    restart: restartOf(service),
    stopGracePeriodMs: STOP_GRACE_MS,
  };
}

function plainFields(service: MapNode): ServiceFields {
  return {
    replicas: replicasOf(service),
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
  };
}

/** The service that the rows of the attribute table put together. */
function toService(name: ServiceName, context: CarryContext): ServiceSpec {
  const { service } = context;
  const parts = partsOf(SERVICE_ATTRIBUTES, service, context);
  const container = parts.reduce(
    (fields, part) => ({ ...fields, ...part.container }),
    plainContainer(service),
  );
  const { replicas, ...rest } = parts.reduce(
    (fields, part) => ({ ...fields, ...part.service }),
    plainFields(service),
  );
  return { name, replicas, container, ...rest };
}

/** The project of a normalised tree without errors. */
export function toProject(root: MapNode, context: ProjectContext): Project {
  return {
    name: context.project,
    services: entriesOf(child(root, 'services')).flatMap(([name, { value: service }]) =>
      isServiceName(name) && service.kind === 'map'
        ? [toService(name, { ...context, root, service })]
        : [],
    ),
  };
}
