import { isNull, type Node } from '../node.js';
import type { Refusal } from '../shape.js';

/** The service of `service:NAME`; undefined for other modes. */
export function partnerOf(mode: string): string | undefined {
  return /^service:(.+)$/.exec(mode)?.[1];
}

function modeOf(node: Node): string | undefined {
  return node.kind === 'scalar' && !isNull(node) ? String(node.value) : undefined;
}

/** The modes that nap can give: some words, and those of a service where `shared`. */
function otherThan(
  words: readonly string[],
  { shared }: { readonly shared: boolean },
  refuse: (mode: string) => Refusal,
) {
  return (node: Node): Refusal | undefined => {
    const mode = modeOf(node) ?? '';
    if (mode === '' || words.includes(mode)) return undefined;
    if (shared && partnerOf(mode) !== undefined) return undefined;
    if (!mode.startsWith('container:')) return refuse(mode);
    return {
      why: `"${mode}" names a container of one host, and nap chooses the host`,
      wayOut: shared ? 'use service:NAME with a service of this project' : 'remove it',
    };
  };
}

function oneOf(words: readonly string[], { shared }: { readonly shared: boolean }) {
  const modes = [...words, ...(shared ? ['service:NAME'] : [])].join(', ');
  return otherThan(words, { shared }, (mode) => ({
    why: `"${mode}" is not a mode that nap knows`,
    wayOut: `use one of ${modes}, or remove it`,
  }));
}

/** nap's own network stands for every bridge. */
export const OWN_NETWORK: readonly string[] = ['bridge', 'default'];

export const otherNetworks = otherThan(
  ['host', 'none', ...OWN_NETWORK],
  { shared: true },
  (mode) => ({
    why: `nap has one network for all services of a project, and none that is called "${mode}"`,
    wayOut: 'remove network_mode',
  }),
);
export const otherIpc = oneOf(['host', 'none', 'private', 'shareable'], { shared: true });
export const otherPid = oneOf(['host'], { shared: true });
export const otherThanHost = oneOf(['host'], { shared: false });
