import { setMaxListeners } from 'node:events';

/** A signal to which as many listen as there is work under way is no leak. */
export function allowListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}

/** For a signal to which as many listen as there is work under way: Node takes more than ten for a leak, and warns. */
export function manyListeners(): AbortController {
  const controller = new AbortController();
  allowListeners(controller.signal);
  return controller;
}
