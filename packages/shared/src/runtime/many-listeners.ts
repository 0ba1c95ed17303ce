import { setMaxListeners } from 'node:events';

/** For a signal to which as many listen as there is work under way: Node takes more than ten for a leak, and warns. */
export function manyListeners(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
