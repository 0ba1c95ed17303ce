import { parseInstanceId, type RunStart } from '@nap/shared';
import type { CreateRequest } from './create-body.js';
import { createRequest, type CreateContext } from './create-request.js';
import { LABEL, UNSET } from './labels.js';

export type OneOffContext = Omit<CreateContext, 'cluster' | 'inherited'>;

/** As for an instance, under labels of its own: what reconciles instances is not to know it. */
export function oneOffRequest(start: RunStart, context: OneOffContext): CreateRequest {
  const { cluster, hasInput } = start;
  const { body, ...request } = createRequest({ ...context, cluster, inherited: [] });
  const seeds = body.Labels[LABEL.seeds] ?? '0';
  return {
    ...request,
    body: {
      ...body,
      ...(hasInput ? { StdinOnce: true } : {}),
      Labels: { ...start.spec.labels, ...UNSET, ...oneOffLabels(start), [LABEL.seeds]: seeds },
    },
  };
}

/** And Compose's own, so that tools which know those show it as what it is. */
function oneOffLabels(start: RunStart): Record<string, string> {
  const { instance, service, cluster, links, isRemovedAtEnd, terminal, spec } = start;
  const project = parseInstanceId(instance)?.project ?? '';
  return {
    [LABEL.cluster]: cluster,
    [LABEL.oneOff]: instance,
    [LABEL.project]: project,
    [LABEL.service]: service,
    [LABEL.image]: spec.image,
    [LABEL.links]: JSON.stringify(links),
    ...(isRemovedAtEnd ? { [LABEL.removeAtEnd]: 'true' } : {}),
    ...(terminal === undefined ? {} : { [LABEL.terminal]: 'true' }),
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': 'True',
  };
}
