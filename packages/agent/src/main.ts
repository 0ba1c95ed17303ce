#!/usr/bin/env -S node --disable-warning=DEP0123
import { main } from './cli.js';

// Exits even while the keepalive of the lease is running: see run.ts.
process.exit(await main(process.argv.slice(2)));
