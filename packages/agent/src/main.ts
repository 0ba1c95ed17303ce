#!/usr/bin/env -S node --disable-warning=DEP0123 --max-semi-space-size=2 --optimize-for-size --single-threaded-gc --gc-memory-reducer-start-delay-ms=60000
import { setFlagsFromString } from 'node:v8';
import { openBundle } from '@nap/shared/start';

// What scripts/bundle.mjs made of the module that is loaded otherwise.
const bundled = openBundle(import.meta.dirname) as typeof import('./cli.js') | undefined;
const { main } = bundled ?? (await import('./cli.js'));
// An agent works now and then, and little: what V8 optimizes early costs more than it saves. Newer ones have no such option.
// After the bundle, whose code cache V8 takes with the flags alone that it was made with.
if (process.versions.node.startsWith('20.')) {
  setFlagsFromString('--interrupt-budget=1000000');
  // What gives memory back when it has been idle for a while: one collection, not three.
  setFlagsFromString('--memory-reducer-single-gc');
}
// Exits even while the keepalive of the lease is running: see run.ts.
process.exit(await main(process.argv.slice(2)));
