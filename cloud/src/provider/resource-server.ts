import type { ResourceServer } from 'oidc-provider';
import { InvalidTarget } from 'oidc-provider/lib/helpers/errors.js';
import type { TokenLifetimes } from '../lifetimes.ts';

/** The one scope there is: use of an instance. */
export const instanceScope = 'instance';

/** The public client of the web app. */
export const webClientId = 'holdfast-web';

/** Names instances as resources (RFC 8707): `<issuer>/instances/<client_id>`. */
export class InstanceResources {
  readonly #prefix: string;

  constructor(issuer: string) {
    this.#prefix = `${issuer}/instances/`;
  }

  resourceOf(clientId: string): string {
    return `${this.#prefix}${clientId}`;
  }

  /** The client ID in a resource indicator, if it has the one spelling that is used as `aud`. */
  clientIdOf(resource: string): string | undefined {
    const clientId = resource.startsWith(this.#prefix) ? resource.slice(this.#prefix.length) : '';
    return /^[\w-]{1,64}$/.test(clientId) ? clientId : undefined;
  }
}

export interface ResourceServerContext {
  readonly resources: InstanceResources;
  readonly lifetimes: TokenLifetimes;
  readonly isRegistered: (clientId: string) => Promise<boolean>;
}

/**
 * Describes the access tokens for a resource: JWTs (RFC 9068) that only that instance accepts.
 *
 * Only the web app may ask for one. An instance that could would get a token for itself, or worse for another
 * instance, signed with the key of the users' tokens.
 *
 * @throws {InvalidTarget} for a resource that is no registered instance
 */
export async function resourceServerOf(
  { resources, lifetimes, isRegistered }: ResourceServerContext,
  resource: string,
  requestingClientId: string,
): Promise<ResourceServer> {
  const clientId = requestingClientId === webClientId ? resources.clientIdOf(resource) : undefined;
  if (clientId === undefined || !(await isRegistered(clientId))) {
    throw new InvalidTarget('the resource is not an instance that is registered here');
  }
  return {
    audience: resource,
    scope: instanceScope,
    accessTokenTTL: lifetimes.access_token,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}
