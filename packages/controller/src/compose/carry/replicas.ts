import { child, numberAt, type Node } from '../node.js';

/** Of `scale` or `deploy.replicas`, which say the same where both are given. */
export function replicasOf(service: Node): number {
  return numberAt(service, 'scale') ?? numberAt(child(service, 'deploy'), 'replicas') ?? 1;
}
