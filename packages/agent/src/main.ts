#!/usr/bin/env -S node --disable-warning=DEP0123 --max-semi-space-size=2 --optimize-for-size --interrupt-budget=1000000
import { openBundle } from '@nap/shared/start';

// What scripts/bundle.mjs made of the module that is loaded otherwise.
const bundled = openBundle(import.meta.dirname) as typeof import('./cli.js') | undefined;
const { main } = bundled ?? (await import('./cli.js'));
// Exits even while the keepalive of the lease is running: see run.ts.
process.exit(await main(process.argv.slice(2)));
