#!/usr/bin/env node

'use strict';

const shortcoming = require('./node-version.cjs').shortcomingOf(process.versions);
if (shortcoming === undefined) {
  void import('../src/cli.ts');
} else {
  console.error(shortcoming);
  process.exitCode = 1;
}
