#!/usr/bin/env -S node --disable-warning=DEP0123 --max-semi-space-size=2 --optimize-for-size --single-threaded-gc
import { setFlagsFromString } from 'node:v8';
import { openBundle } from '@nap/shared/start';

// What scripts/bundle.mjs made of the module that is loaded otherwise.
const bundled = openBundle(import.meta.dirname) as typeof import('./cli.js') | undefined;
const { main } = bundled ?? (await import('./cli.js'));
// An agent works now and then, and little: what V8 optimizes early costs more than it saves. Newer ones have no such option.
// After the bundle, whose code cache V8 takes with the flags alone that it was made with.
if (process.versions.node.startsWith('20.')) {
  setFlagsFromString('--interrupt-budget=1000000');
  // Some seconds after a collection V8 collects again to give memory back: once is enough, and newer ones do it twice.
  setFlagsFromString('--memory-reducer-single-gc');
}
// Exits even while the keepalive of the lease is running: see run.ts.
process.exit(await main(process.argv.slice(2)));
