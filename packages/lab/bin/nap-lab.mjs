#!/usr/bin/env node
// Apart from the build, so that npm can link the command before there is one.
import '../dist/main.js';
