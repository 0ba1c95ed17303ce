/** What its agent says of a container that runs by its engine's account, and does nothing. */
export const PAUSED_BY_HAND = 'somebody has paused the container on its host';
