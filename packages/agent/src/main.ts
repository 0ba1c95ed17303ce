#!/usr/bin/env node
import { main } from './cli.js';

// Exits even while the keepalive of the lease is running: see run.ts.
process.exit(await main(process.argv.slice(2)));
