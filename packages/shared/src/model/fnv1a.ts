const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * FNV-1a, 32 bits: cheap and the same everywhere; only for spreading, never for identity. Goes on from the hash of what is
 * before the text.
 */
export function fnv1a(text: string, before = BASIS): number {
  let hash = before;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  }
  return hash >>> 0;
}
