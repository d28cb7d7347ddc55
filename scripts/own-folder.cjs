'use strict';

const { mkdirSync, rmSync, statSync } = require('node:fs');

/**
 * Makes a folder, unless it is there, in which nobody else can write, whatever the umask is. One of ours in which others
 * could have written goes, with all that is in it; one of somebody else stays theirs.
 *
 * @param {string} path
 * @returns {boolean} whether it is such a folder now
 */
exports.makeOwnFolder = function makeOwnFolder(path) {
  // Windows has no such modes.
  const [uid, othersMayWrite] = process.getuid ? [process.getuid(), 0o022] : [0, 0];
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && found.uid !== uid) return false;
    if (found && (found.mode & othersMayWrite) !== 0) rmSync(path, { recursive: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
};
