import { renderValues } from './format.js';
import { hostText, type InspectedHost } from './inspect-host.js';
import { instanceText, type InspectedInstance } from './inspect-instance.js';
import { projectText, type InspectedProject } from './inspect-project.js';
import { serviceText, type InspectedService } from './inspect-service.js';
import { redact } from './redact.js';

/** One thing with all that is known of it. */
export type Inspected = InspectedProject | InspectedService | InspectedInstance | InspectedHost;

function textOf(found: Inspected): string {
  switch (found.kind) {
    case 'project':
      return projectText(found);
    case 'service':
      return serviceText(found);
    case 'instance':
      return instanceText(found);
    case 'host':
      return hostText(found);
  }
}

/** For people what matters; for scripts the documents as they are in etcd, but for the values of variables. */
export function renderInspected(
  format: 'table' | 'json' | 'yaml',
  found: readonly Inspected[],
): string {
  if (format === 'table') return found.map(textOf).join('\n\n');
  const documents = JSON.parse(JSON.stringify(found, redact)) as readonly unknown[];
  return renderValues(format, documents);
}
