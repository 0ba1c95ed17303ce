const ALNUM = '[a-zA-Z0-9]';
const LABEL = `${ALNUM}(?:[a-zA-Z0-9-]*${ALNUM})?`;
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])`;
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = `(?:${HOST}(?::[0-9]+)?/)?${PART}(?:/${PART})*`;
const TAG = '[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${NAME})(?::${TAG})?(?:@${DIGEST})?$`);
const NAME_CHARS_MAX = 255;

/**
 * Whether the engine takes it for the name of an image: REGISTRY/PATH:TAG@DIGEST, all but the path optional (grammar of
 * github.com/distribution/reference). What it does not take must not be asked for either: as part of a URL it may mean
 * something else.
 */
export function isImageReference(text: string): boolean {
  const name = REFERENCE.exec(text)?.[1];
  return name !== undefined && name.length <= NAME_CHARS_MAX;
}

/** Of volumes and containers (`RestrictedNamePattern` of github.com/moby/moby/daemon/names); most engines want two letters. */
export const isEngineName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text);
