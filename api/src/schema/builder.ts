import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import type { Notice } from '../notices.ts';
import type { SecretsProtection } from '../secrets/secrets-store.ts';
import type {
  ClaimInstanceResult,
  CloudModel,
  GraphQLContext,
  InstanceModel,
  OwnerModel,
  RenameInstanceResult,
  ResultOf,
  TokenLifetimesModel,
  WorkspaceModel,
} from './context.ts';
import { unauthenticatedError, unclaimedError } from './errors.ts';

interface SchemaTypes {
  Context: GraphQLContext;
  Scalars: {
    DateTime: { Input: never; Output: Date };
    ID: { Input: string; Output: string };
  };
  Objects: {
    Instance: InstanceModel;
    Cloud: CloudModel;
    TokenLifetimes: TokenLifetimesModel;
    Notice: Notice;
    SecretsProtection: SecretsProtection;
    Owner: OwnerModel;
    Workspace: WorkspaceModel;
    Viewer: AccessTokenClaims;
    InstanceClaimed: ResultOf<ClaimInstanceResult, 'InstanceClaimed'>;
    WrongClaimCode: ResultOf<ClaimInstanceResult, 'WrongClaimCode'>;
    ClaimLocked: ResultOf<ClaimInstanceResult, 'ClaimLocked'>;
    ClaimWindowClosed: ResultOf<ClaimInstanceResult, 'ClaimWindowClosed'>;
    AlreadyClaimed: ResultOf<ClaimInstanceResult, 'AlreadyClaimed'>;
    CloudUnavailable: ResultOf<ClaimInstanceResult | RenameInstanceResult, 'CloudUnavailable'>;
    InstanceRenamed: ResultOf<RenameInstanceResult, 'InstanceRenamed'>;
    InvalidName: ResultOf<RenameInstanceResult, 'InvalidName'>;
  };
  AuthScopes: {
    /** A valid token for this instance, of whichever workspace while there is no owner. */
    authenticated: boolean;
    /** A valid token of the workspace that owns this instance. */
    member: boolean;
  };
  DefaultFieldNullability: false;
}

/** The one builder; files of types add to it when they are imported. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: ({ access }) => ({
      authenticated: access.kind === 'authenticated',
      member: access.kind === 'authenticated' && access.isMember,
    }),
    unauthorizedError: (_parent, { access }) =>
      access.kind === 'anonymous' ? unauthenticatedError() : unclaimedError(),
  },
});

builder.scalarType('DateTime', {
  description: 'An instant in ISO 8601 and UTC, such as `2026-11-23T14:20:00.000Z`.',
  serialize: (instant) => instant.toISOString(),
  parseValue: () => {
    throw new TypeError('DateTime is not used for input');
  },
});
