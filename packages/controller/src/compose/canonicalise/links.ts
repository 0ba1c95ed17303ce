import { appended, appendedUnique } from '../merge.js';
import { listOf, type Shape } from '../shape.js';
import { isHostName } from './names.js';
import { checkedText } from './scalars.js';

/** Name and alias of `name[:alias]`. */
export function splitLink(link: string): { readonly name: string; readonly alias: string } {
  const colon = link.indexOf(':');
  if (colon === -1) return { name: link, alias: link };
  return { name: link.slice(0, colon), alias: link.slice(colon + 1) };
}

const link: Shape = checkedText('name:alias', (written) => {
  const { name, alias } = splitLink(written);
  const isLink = name !== '' && isHostName(alias);
  return isLink ? undefined : [`"${written}" is not a link`, 'write NAME or NAME:ALIAS'];
});

export const links: Shape = listOf(
  'list of service[:alias]',
  link,
  appendedUnique((node) => (node.kind === 'scalar' ? String(node.value) : ''), ''),
);

export const externalLinks: Shape = listOf('list of container[:alias]', link, appended);
