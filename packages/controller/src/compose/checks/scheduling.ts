import { didYouMean } from '../../did-you-mean.js';
import { child, itemsOf, type Node } from '../node.js';
import type { Checked } from './check.js';

function checkApart(nap: Node | undefined, path: string, self: string, checked: Checked): void {
  const names = checked.services.map(({ name }) => name);
  for (const item of itemsOf(child(nap, 'apart_from'))) {
    const name = item.kind === 'scalar' ? String(item.value) : '';
    const at = `${path}.apart_from`;
    if (name === self) {
      const hint = 'to keep its replicas apart: deploy.placement.max_replicas_per_node: 1';
      checked.findings.error(item.place, at, 'a service is not apart from itself', hint);
    } else if (!names.includes(name) && !checked.disabled.has(name)) {
      const hint = didYouMean(name, names) ?? 'apart_from names services of the same project';
      checked.findings.error(item.place, at, `there is no service "${name}"`, hint);
    }
  }
}

/** Services that are to be kept apart exist. */
export function checkScheduling(checked: Checked): void {
  checkApart(child(checked.root, 'x-nap'), 'x-nap', '', checked);
  for (const { name, node, path } of checked.services) {
    checkApart(child(node, 'x-nap'), `${path}.x-nap`, name, checked);
  }
}
