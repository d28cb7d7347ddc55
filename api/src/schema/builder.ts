import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import type { Access } from '../access/authentication.ts';
import { isAtLeast, type Role } from '../access/roles.ts';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import type { AuditEntry } from '../activity/audit-entry.ts';
import type { SessionSeen } from '../activity/sessions-seen.ts';
import type { Notice } from '../notices.ts';
import type { Account } from '../requester.ts';
import type { SecretsProtection } from '../secrets/secrets-store.ts';
import type { Connection, Edge, PageInfoModel } from './connection.ts';
import type {
  ClaimInstanceResult,
  CloudModel,
  GraphQLContext,
  InstanceModel,
  OwnerModel,
  RenameInstanceResult,
  RenameModel,
  ResultOf,
  TokenLifetimesModel,
  WorkspaceModel,
} from './context.ts';
import { forbiddenError, unauthenticatedError, unclaimedError } from './errors.ts';

interface SchemaTypes {
  Context: GraphQLContext;
  Scalars: {
    DateTime: { Input: Date; Output: Date };
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
    OutdatedClaimCode: ResultOf<ClaimInstanceResult, 'OutdatedClaimCode'>;
    ClaimLocked: ResultOf<ClaimInstanceResult, 'ClaimLocked'>;
    ClaimWindowClosed: ResultOf<ClaimInstanceResult, 'ClaimWindowClosed'>;
    AlreadyClaimed: ResultOf<ClaimInstanceResult, 'AlreadyClaimed'>;
    CloudUnavailable: ResultOf<ClaimInstanceResult | RenameInstanceResult, 'CloudUnavailable'>;
    InstanceRenamed: ResultOf<RenameInstanceResult, 'InstanceRenamed'>;
    InvalidName: ResultOf<RenameInstanceResult, 'InvalidName'>;
    PageInfo: PageInfoModel;
    Account: Account;
    AuditEntry: AuditEntry;
    Rename: RenameModel;
    AuditEntryEdge: Edge<AuditEntry>;
    AuditEntryConnection: Connection<AuditEntry>;
    Session: SessionSeen;
    SessionEdge: Edge<SessionSeen>;
    SessionConnection: Connection<SessionSeen>;
  };
  AuthScopes: {
    /** Whoever asks. */
    everybody: boolean;
    /** A valid token for this instance, of whichever workspace while there is no owner. */
    authenticated: boolean;
    /** A valid token with that role or a higher one in the workspace that owns this instance. */
    atLeast: Role;
    /** A valid token with a role that may act for its workspace, which may become the owner. */
    claimant: boolean;
  };
  DefaultFieldNullability: false;
}

/** The one builder; files of types add to it when they are imported. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    // Before anybody listens, not only before anything is said.
    authorizeOnSubscribe: true,
    // Once per object, not once more for each of its fields.
    runScopesOnType: true,
    authScopes: ({ access }) => ({
      everybody: true,
      authenticated: access.kind === 'authenticated',
      atLeast: (least) =>
        access.kind === 'authenticated' && access.isMember && isAtLeast(access.claims.role, least),
      claimant: mayClaim(access),
    }),
    unauthorizedError: (_parent, { access }) => {
      if (access.kind === 'anonymous') return unauthenticatedError();
      return !access.isMember && mayClaim(access) ? unclaimedError() : forbiddenError(access.claims.role);
    },
  },
});

function mayClaim(access: Access): boolean {
  return access.kind === 'authenticated' && isAtLeast(access.claims.role, 'admin');
}

builder.scalarType('DateTime', {
  description: 'An instant in ISO 8601, such as `2026-11-23T14:20:00.000Z`; answers are in UTC.',
  serialize: (instant) => instant.toISOString(),
  parseValue: parseInstant,
});

/** Only with a time zone: an instant without one is another at the server than in the mind of the client. */
function parseInstant(value: unknown): Date {
  const isComplete =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.test(value);
  const instant = new Date(isComplete ? value : Number.NaN);
  if (Number.isNaN(instant.getTime()))
    throw new GraphQLError('A DateTime is written as 2026-11-23T14:20:00Z, or with another time zone.');
  return instant;
}
