// Read by any Node, however old: no syntax and no module that came later than this file needs.

'use strict';

const { shortcomingOf } = require('../../api/bin/node-version.cjs');

/**
 * Runs a program, or says in a sentence why this Node cannot.
 *
 * @param {() => Promise<unknown>} load imports the program
 */
exports.whereNodeSuffices = function whereNodeSuffices(load) {
  const shortcoming = shortcomingOf(process.versions);
  if (shortcoming === undefined) {
    void load();
  } else {
    console.error(shortcoming);
    process.exitCode = 1;
  }
};
