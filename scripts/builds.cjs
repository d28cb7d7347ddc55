// What is built of the sources, and whether it is still what they would become. Plain JavaScript, since every start asks:
// before Node.js can read TypeScript it takes 25 ms and 17 MB, and before it can read ES modules another 20 ms.

'use strict';

const { readdirSync, statSync } = require('node:fs');
const { join, sep } = require('node:path');

/**
 * @typedef {object} Build
 * @property {string} name
 * @property {string} folder Holds nothing else but code compiled from it; relative to the repository, as all paths here are.
 * @property {string} entry The file in `folder` that everything begins with.
 * @property {readonly string[]} sources The files and folders of which it is made.
 */

/** With a slash at its end. */
const repositoryRoot = join(__dirname, '..', sep);

const builders = ['package-lock.json', 'scripts'];
const apiSources = ['api/src', 'api/package.json'];
const cloudSources = ['cloud/src', 'cloud/package.json'];

/**
 * Each server begins as one CommonJS file: Node.js loads that faster than an ES module, and faster than several. As deep
 * as the sources, so that what they look up by its place is found.
 *
 * @satisfies {Readonly<Record<string, Build>>}
 */
const builds = {
  webApp: {
    name: 'webApp',
    folder: 'web/dist',
    entry: 'index.html',
    sources: ['package-lock.json', 'schema.graphql', 'web'],
  },
  instance: {
    name: 'instance',
    folder: 'api/dist',
    entry: 'holdfast.cjs',
    sources: [...builders, ...apiSources],
  },
  cloud: {
    name: 'cloud',
    folder: 'cloud/dist',
    entry: 'holdfast-cloud.cjs',
    sources: [...builders, ...cloudSources],
  },
  both: {
    name: 'both',
    folder: 'scripts/dist',
    entry: 'start.cjs',
    sources: [...builders, ...apiSources, ...cloudSources],
  },
};

/** What is made by building or does not matter for it. */
const ignoredNames = /^(?:dist(?:\..+)?|node_modules|generated|\..+|.+\.test\.tsx?)$/;

/**
 * Whether a build is there and newer than everything it is made of.
 *
 * @param {Build} build
 * @param {string} [root]
 */
function isCurrent({ folder, entry, sources }, root = repositoryRoot) {
  const builtAt = modifiedAt(join(root, folder, entry));
  return builtAt > 0 && sources.every((source) => !isNewer(join(root, source), builtAt));
}

/**
 * @param {string} path
 * @param {number} builtAt
 * @returns {boolean}
 */
function isNewer(path, builtAt) {
  const entry = statSync(path, { throwIfNoEntry: false });
  return entry?.isDirectory() ? holdsNewer(path, builtAt) : (entry?.mtimeMs ?? 0) > builtAt;
}

/**
 * @param {string} folder
 * @param {number} builtAt
 * @returns {boolean}
 */
function holdsNewer(folder, builtAt) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (ignoredNames.test(entry.name)) return false;
    // Put together by hand, since `join` takes as long as the disk.
    const path = folder + sep + entry.name;
    return entry.isDirectory() ? holdsNewer(path, builtAt) : modifiedAt(path) > builtAt;
  });
}

/**
 * Milliseconds since the epoch, 0 when there is no such file.
 *
 * @param {string} path
 */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

exports.builds = builds;
exports.isCurrent = isCurrent;
exports.repositoryRoot = repositoryRoot;
