import { isServiceName, type Project, type ServiceContainer, type ServiceSpec } from '@nap/shared';
import { SERVICE_ATTRIBUTES } from './attributes.js';
import { partsOf, type CarryContext, type ServiceFields } from './carry/carry.js';
import { replicasOf } from './carry/replicas.js';
import { restartOf } from './carry/restart.js';
import { drainOf } from './carry/rollout.js';
import { schedulingOf, schedulingPolicyOf } from './carry/scheduling.js';
import { child, entriesOf, textAt, type MapNode } from './node.js';

export type ProjectContext = Omit<CarryContext, 'name' | 'service' | 'root'>;

/** Where a file says nothing. */
export const STOP_GRACE_MS = 10_000;

/** What a service has that says nothing but its image. */
function plainContainer({ service, root }: CarryContext): ServiceContainer {
  const drainMs = drainOf(service, root);
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
    ...(drainMs === undefined ? {} : { drainMs }),
  };
}

function plainFields(context: CarryContext): ServiceFields {
  const scheduling = schedulingOf(context);
  return {
    replicas: replicasOf(context.service),
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
    // The top of the file may ask for something too.
    ...(scheduling === undefined ? {} : { scheduling }),
  };
}

/** The service that the rows of the attribute table put together. */
function toService(context: CarryContext): ServiceSpec {
  const { name, service } = context;
  const parts = partsOf(SERVICE_ATTRIBUTES, service, context);
  const container = parts.reduce(
    (fields, part) => ({ ...fields, ...part.container }),
    plainContainer(context),
  );
  const { replicas, ...rest } = parts.reduce(
    (fields, part) => ({ ...fields, ...part.service }),
    plainFields(context),
  );
  return { name, replicas, container, ...rest };
}

/** The project of a normalised tree without errors. */
export function toProject(root: MapNode, context: ProjectContext): Project {
  const scheduling = schedulingPolicyOf(root);
  return {
    name: context.project,
    services: entriesOf(child(root, 'services')).flatMap(([name, { value: service }]) =>
      isServiceName(name) && service.kind === 'map'
        ? [toService({ ...context, name, root, service })]
        : [],
    ),
    ...(scheduling === undefined ? {} : { scheduling }),
  };
}
