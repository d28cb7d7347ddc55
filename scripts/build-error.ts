/** Why something cannot be built: what failed, the tool's own words, and the one thing to do next. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}
