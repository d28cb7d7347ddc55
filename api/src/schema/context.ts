import type { Access } from '../access/authentication.ts';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import type { Activity } from '../activity/activity.ts';
import type { Notice } from '../notices.ts';
import type { Requester, RequestSource } from '../requester.ts';
import type { SecretsProtection } from '../secrets/secrets-store.ts';

export type InstanceState = 'UNREGISTERED' | 'UNCLAIMED' | 'CLAIMED';

/** What resolvers know of a request. */
export interface GraphQLContext {
  readonly access: Access;
  readonly source: RequestSource;
  readonly instance: InstanceModel;
  readonly activity: Activity;
  readonly change: ChangeInQuestion;
}

/** Whether something may be changed: asked before each mutation. */
export interface ChangeInQuestion {
  /** @throws what answers the request as a whole, instead of GraphQL */
  readonly confirm: () => Promise<void>;
  /** What `confirm` has thrown. */
  refusal?: unknown;
}

/** The instance as the schema sees it; each property is read at the moment it is asked for. */
export interface InstanceModel {
  readonly id: string | undefined;
  readonly state: InstanceState;
  readonly version: string;
  readonly resource: string | undefined;
  readonly cloud: CloudModel;
  readonly notices: readonly Notice[];
  readonly name: string | undefined;
  readonly owner: OwnerModel | undefined;
  readonly dataPath: string;
  readonly secretsProtection: SecretsProtection;
  readonly startedAt: Date;
  /** How long the window for claims is open, in seconds. */
  readonly claimWindow: number;
  /** Undefined while the instance is not registered, and once it is claimed. */
  readonly claimWindowEnd: Date | undefined;
  /** How many more wrong claim codes of that workspace are judged; undefined once claimed. */
  claimTriesLeft(workspaceId: string): number | undefined;
  /** The instance as it is now and after every change, until the iteration is left. */
  changes(): AsyncIterableIterator<InstanceModel>;
  claim(claims: AccessTokenClaims, code: string, source: RequestSource): Promise<ClaimInstanceResult>;
  rename(name: string, by: Requester): Promise<RenameInstanceResult>;
  /** Which names the rename of that instant, in milliseconds since the epoch, was about; undefined once it is forgotten. */
  renameAt(at: number): RenameModel | undefined;
  /** @throws when it could not be saved; until a restart, the sign-in has ended all the same */
  signOut(claims: AccessTokenClaims, source: RequestSource): void;
}

export interface RenameModel {
  /** Undefined if it had none. */
  readonly from: string | undefined;
  readonly to: string;
}

export interface CloudModel {
  readonly issuer: string;
  readonly clientId: string;
  readonly deviceAuthorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly tokenLifetimes: TokenLifetimesModel | undefined;
}

/** In seconds. */
export interface TokenLifetimesModel {
  readonly accessToken: number;
  readonly refreshTokenIdle: number;
  readonly refreshTokenAbsolute: number;
  readonly instanceToken: number;
  readonly deviceCode: number;
  readonly userCode: number;
  readonly devicePollInterval: number | undefined;
}

export interface WorkspaceModel {
  readonly id: string;
  readonly name: string;
}

export interface OwnerModel {
  readonly workspace: WorkspaceModel;
  readonly claimedAt: Date;
}

/** A refusal that is part of the contract, by the name of its GraphQL type. */
interface Refusal<Type extends string> {
  readonly type: Type;
  readonly message: string;
}

export type ClaimInstanceResult =
  | { readonly type: 'InstanceClaimed'; readonly instance: InstanceModel }
  | (Refusal<'WrongClaimCode'> & { readonly triesLeft: number })
  | Refusal<'OutdatedClaimCode'>
  | Refusal<'ClaimLocked'>
  | Refusal<'ClaimWindowClosed'>
  | Refusal<'AlreadyClaimed'>
  | Refusal<'CloudUnavailable'>;

export type RenameInstanceResult =
  | { readonly type: 'InstanceRenamed'; readonly instance: InstanceModel }
  | Refusal<'InvalidName'>
  | Refusal<'CloudUnavailable'>;

/** The member of a result union that has the GraphQL type `Type`. */
export type ResultOf<Union extends { readonly type: string }, Type extends Union['type']> = Extract<
  Union,
  { readonly type: Type }
>;
