// Read by any Node, however old: no syntax and no module that came later than this file needs.

'use strict';

/**
 * What this Node lacks, as a sentence with the way out; undefined when it has all that Holdfast needs: Argon2 in
 * `node:crypto` (24.7), and a SQLite (3.53) that plays back no journal that somebody planted beside a database.
 *
 * @param versions as `process.versions`
 */
exports.shortcomingOf = function shortcomingOf(versions) {
  if (isAtLeast(versions.node, 24, 7) && isAtLeast(versions.sqlite || '0', 3, 53)) return undefined;
  return (
    'Holdfast needs Node 24.16 or newer, and of Node 26 at least 26.1, but this is Node ' +
    versions.node +
    '. Run it with npx holdfast, which uses the Node that npm ci installed.'
  );
};

function isAtLeast(version, major, minor) {
  const parts = version.split('.').map(Number);
  return parts[0] > major || (parts[0] === major && parts[1] >= minor);
}
