import type { Generated } from 'kysely';
import type { Role } from '../workspaces/role.ts';

/** The cloud's own tables. Those of accounts (`user`, `session`, …) belong to better-auth. */
export interface Tables {
  cloud: CloudTable;
  oauth_records: OAuthRecordsTable;
  sign_ins: SignInsTable;
  disabled_accounts: DisabledAccountsTable;
  device_polls: DevicePollsTable;
  instances: InstancesTable;
  registration_keys: RegistrationKeysTable;
  unclaimed_places: UnclaimedPlacesTable;
  instance_approvals: InstanceApprovalsTable;
  instance_origins: InstanceOriginsTable;
  workspaces: WorkspacesTable;
  workspace_members: WorkspaceMembersTable;
  security_events: SecurityEventsTable;
  instance_runs: InstanceRunsTable;
  second_factors: SecondFactorsTable;
  recovery_codes: RecoveryCodesTable;
  one_time_tokens: OneTimeTokensTable;
  passkeys: PasskeysTable;
}

/** One row: whose data this is. */
interface CloudTable {
  id: 1;
  issuer: string;
}

/** What oidc-provider stores: codes, tokens, grants, seen DPoP proofs. Instants are epoch seconds, as in JWTs. */
interface OAuthRecordsTable {
  kind: string;
  /** SHA-256 of the identifier, which for tokens and codes is the secret itself. */
  id_hash: string;
  /** JSON without the identifier and the user code. */
  payload: string;
  grant_id: string | null;
  user_code_hash: string | null;
  expires_at: number | null;
  consumed_at: number | null;
  /** Device codes: when a person approved or denied. */
  decided_at: number | null;
  /** Device codes: which instance and which key of a browser; of those that are alive, each has its own. */
  device_key_hash: string | null;
  /** Whose it goes with: the client ID of the instance that got it, or the resource that it was got for by people. */
  instance: string | null;
  /** Device codes: how many match codes were tried. */
  match_tries: Generated<number>;
}

/** Logins at instances that accounts approved; each lasts as long as its grant. */
interface SignInsTable {
  grant_id: string;
  /** As `oauth_records` has it. */
  grant_hash: string;
  account_id: string;
  /** The instance, as tokens have it in `aud`. */
  resource: string;
  /** SHA-256 of the id of the session that approved it; unknown of those that are older than this table. */
  session_hash: string | null;
}

/** Accounts that the operator has shut out. */
interface DisabledAccountsTable {
  account_id: string;
  /** Epoch milliseconds. */
  disabled_at: number;
}

/** How fast a device may poll. Instants and intervals are milliseconds. */
interface DevicePollsTable {
  device_code_hash: string;
  interval: number;
  next_poll_at: number;
  /** Epoch seconds, for the sweep. */
  expires_at: number;
}

/** Registered instances: their OAuth client metadata and who owns them. Instants are epoch milliseconds. */
interface InstancesTable {
  client_id: string;
  /** JSON as in RFC 7591, without the client secret. */
  client_metadata: string;
  client_secret_hash: string;
  registered_at: number;
  /** The networks that it was registered from, while nobody has signed in to it: see `pathOf` in `unclaimed.ts`. */
  registered_from: string | null;
  name: string | null;
  workspace_id: string | null;
  claimed_at: number | null;
  /** Of one that was registered with a key: the SHA-256 of key and attempt, with which that can be repeated. */
  attempt_hash: string | null;
}

/** How many unclaimed instances take a place in each network; triggers on `instances` keep count. */
interface UnclaimedPlacesTable {
  network: string;
  /** The next wider network that this one lies in; null for the widest. */
  within: string | null;
  places: number;
}

/** With which machines register instances that a workspace owns at once. Instants are epoch milliseconds. */
interface RegistrationKeysTable {
  id: string;
  key_hash: string;
  workspace_id: string;
  /** Who made it, as an owner of the workspace; null for the operator of the cloud. */
  account_id: string | null;
  label: string;
  created_at: number;
  expires_at: number;
  uses_allowed: number;
  uses: number;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** Which workspaces approved a login for which instance: without one, an instance cannot name its owner. */
interface InstanceApprovalsTable {
  client_id: string;
  workspace_id: string;
  account_id: string;
  instance_name: string | null;
  approved_at: number;
}

/** From which origins an account has signed in to an instance. Instants are epoch milliseconds. */
interface InstanceOriginsTable {
  client_id: string;
  account_id: string;
  origin: string;
  approved_at: number;
}

interface WorkspacesTable {
  id: string;
  name: string;
  /** The account whose personal workspace this is. */
  personal_account_id: string | null;
  created_at: number;
}

interface WorkspaceMembersTable {
  workspace_id: string;
  account_id: string;
  role: Role;
  joined_at: number;
}

/** What instances have to hear, for as long as one of their runs may not have heard it. */
interface SecurityEventsTable {
  sequence: Generated<number>;
  jti: string;
  client_id: string;
  /** A signed security event token. */
  set: string;
  /** Epoch seconds. */
  expires_at: number;
}

/** Runs of instances that have asked for security events. Instants are epoch milliseconds. */
interface InstanceRunsTable {
  sequence: Generated<number>;
  client_id: string;
  /** SHA-256 of the name that the run gave itself; empty of those that name themselves not. */
  run_hash: string;
  begun_at: number;
  /** When that was noted last, which is seldom while it is alone. */
  seen_at: number;
  /** The latest run, by its `sequence`, that had begun a while before this one was seen. */
  met: Generated<number>;
  /** The `sequence` of the security event up to which it has acknowledged all. */
  acknowledged: Generated<number>;
}

/** Authenticator apps of accounts. */
interface SecondFactorsTable {
  account_id: string;
  /** Sealed with a key from `keys.json`. */
  sealed_secret: string;
  /** Epoch milliseconds; null until a first code has shown that the app has the secret. */
  confirmed_at: number | null;
  /** The period of the last code that was taken; that and all before are used up. */
  last_step: number;
}

/** Recovery codes that are left. */
interface RecoveryCodesTable {
  account_id: string;
  code_hash: string;
}

/** Tokens that are good for one thing, once. */
interface OneTimeTokensTable {
  token_hash: string;
  purpose: string;
  /** Whom or what the token is about. */
  subject: string;
  /** Epoch milliseconds. */
  expires_at: number;
}

/** Public keys of accounts' authenticators. Instants are epoch milliseconds. */
interface PasskeysTable {
  /** Base64url, as WebAuthn's JSON has it. */
  credential_id: string;
  account_id: string;
  name: string;
  /** COSE key, base64url. */
  public_key: string;
  /** How often it was used, as far as the authenticator counts. */
  counter: number;
  /** JSON array of how the authenticator can be reached. */
  transports: string;
  created_at: number;
  last_used_at: number | null;
}
