#!/usr/bin/env node
// Read by any Node, however old: no syntax and no module that came later than this file needs.

'use strict';

const versions = process.versions;

// Older ones play back a journal that somebody planted beside a database.
if (isAtLeast(versions.node, 24, 7) && isAtLeast(versions.sqlite || '0', 3, 53)) {
  void import('../src/cli.ts');
} else {
  console.error(
    'Holdfast needs Node 24.16 or newer, and of Node 26 at least 26.1, but this is Node ' +
      versions.node +
      '. Run it with npx holdfast-cloud, which uses the Node that npm ci installed.',
  );
  process.exitCode = 1;
}

function isAtLeast(version, major, minor) {
  const parts = version.split('.').map(Number);
  return parts[0] > major || (parts[0] === major && parts[1] >= minor);
}
