import packageJson from '../package.json' with { type: 'json' };

/** The version of this cloud, as in its package.json. */
export const version: string = packageJson.version;
