import type { Database } from '../src/database/database.ts';
import { FailedAuthentications } from '../src/http/failed-authentications.ts';
import { defaultLifetimes } from '../src/lifetimes.ts';
import { createLogger } from '../src/logger.ts';
import type { Admit } from '../src/provider/configuration.ts';
import { type AuthorizationServer, createAuthorizationServer } from '../src/provider/provider.ts';
import { InstanceResources } from '../src/provider/resource-server.ts';
import type { ServerKeys } from '../src/provider/signing-keys.ts';

/** The authorization server alone, on a database: every instance is registered there, and nobody admitted unless told. */
export function authorizationServerOn(
  database: Database,
  { issuer, keys, admit = async () => undefined }: { issuer: string; keys: ServerKeys; admit?: Admit },
): AuthorizationServer & { readonly resources: InstanceResources } {
  const resources = new InstanceResources(issuer);
  const context = {
    ...{ database, keys, lifetimes: defaultLifetimes, resources, admit },
    isRegistered: async () => true,
    onRevoked: async () => undefined,
    onDeregistered: () => undefined,
    failedAuthentications: new FailedAuthentications(),
  };
  return { ...createAuthorizationServer(issuer, context, createLogger({ level: 'silent' })), resources };
}
