import packageJson from '../package.json' with { type: 'json' };

/** The version of this instance, as `/healthz`, GraphQL and the registration report it. */
export const version: string = packageJson.version;
