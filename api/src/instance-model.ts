import { type AccessTokenClaims, accountOf } from './access/token-verification.ts';
import type { AuditEvent } from './activity/audit-entry.ts';
import type { ClaimStore } from './claim/claim-store.ts';
import type { ClaimOutcome, InstanceClaiming } from './claim/instance-claim.ts';
import type { InstanceNaming } from './claim/instance-naming.ts';
import type { CloudConnection } from './cloud-client/cloud-connection.ts';
import { CloudUnreachableError, CredentialsRefusedError } from './cloud-client/errors.ts';
import { parseInstanceName } from './cloud-client/instance-name.ts';
import { resourceOf } from './cloud-client/registration.ts';
import { durationInWords } from './duration.ts';
import { EventHub } from './event-hub.ts';
import type { NoticeBoard } from './notices.ts';
import type { Requester, RequestSource } from './requester.ts';
import type {
  ClaimInstanceResult,
  CloudModel,
  InstanceModel,
  InstanceState,
  OwnerModel,
  RenameInstanceResult,
  RenameModel,
} from './schema/context.ts';
import type { SecretsProtection, SecretsStore } from './secrets/secrets-store.ts';
import { version } from './version.ts';

/** The public client as which web apps sign people in; tokens of other clients are refused. */
export const webClientId = 'holdfast-web';

export interface InstanceModelOptions {
  readonly issuer: string;
  readonly dataPath: string;
  readonly startedAt: Date;
  readonly secrets: SecretsStore;
  readonly naming: InstanceNaming;
  readonly connection: CloudConnection;
  readonly claims: ClaimStore;
  readonly claiming: InstanceClaiming;
  readonly notices: NoticeBoard;
  /** Adds to the audit log. */
  readonly record: (event: AuditEvent, at?: number) => void;
  /** Ends the sign-in that a token comes from, and whatever it has open. */
  readonly endSession: (claims: AccessTokenClaims, source: RequestSource) => void;
}

/** Answers the questions of the schema from the parts of the instance. */
export class LiveInstance implements InstanceModel {
  readonly version = version;
  readonly dataPath: string;
  readonly startedAt: Date;
  readonly #options: InstanceModelOptions;
  readonly #changes = new EventHub<InstanceModel>();
  #isAnnouncing = false;

  constructor(options: InstanceModelOptions) {
    this.dataPath = options.dataPath;
    this.startedAt = options.startedAt;
    this.#options = options;
  }

  get id(): string | undefined {
    return this.#options.connection.registration?.clientId;
  }

  get state(): InstanceState {
    if (!this.#options.connection.registration) return 'UNREGISTERED';
    return this.#options.claims.claim ? 'CLAIMED' : 'UNCLAIMED';
  }

  get resource(): string | undefined {
    const { registration } = this.#options.connection;
    return registration && resourceOf(registration);
  }

  get cloud(): CloudModel {
    const { issuer, connection } = this.#options;
    return {
      issuer,
      clientId: webClientId,
      deviceAuthorizationEndpoint: connection.metadata?.deviceAuthorizationEndpoint,
      tokenEndpoint: connection.metadata?.tokenEndpoint,
      tokenLifetimes: connection.metadata?.tokenLifetimes,
    };
  }

  get notices() {
    return this.#options.notices.list();
  }

  get name(): string | undefined {
    return this.#options.naming.name;
  }

  get owner(): OwnerModel | undefined {
    return this.#options.claims.claim;
  }

  get secretsProtection(): SecretsProtection {
    return this.#options.secrets.protection;
  }

  get claimWindow(): number {
    return this.#options.claiming.windowSeconds;
  }

  get claimWindowEnd(): Date | undefined {
    return this.state === 'UNREGISTERED' ? undefined : this.#options.claiming.windowEnd;
  }

  claimTriesLeft(workspaceId: string): number | undefined {
    return this.#options.claiming.triesLeft(workspaceId);
  }

  changes(): AsyncIterableIterator<InstanceModel> {
    return this.#changes.subscribe(this);
  }

  /** Tells those who follow the changes that there was one; several in a row are one. */
  announceChange(): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    setImmediate(() => {
      this.#isAnnouncing = false;
      this.#changes.publish(this);
    });
  }

  async claim(claims: AccessTokenClaims, code: string, source: RequestSource): Promise<ClaimInstanceResult> {
    const workspace = { id: claims.workspace, name: claims.workspaceName };
    const by = { account: accountOf(claims), source };
    try {
      const outcome = await this.#options.claiming.claim(workspace, code, by);
      return this.#claimResult(outcome);
    } catch (error) {
      this.#options.record({ action: 'CLAIMED', outcome: 'FAILED', actor: by.account, source });
      return cloudUnavailable(error, 'claim the instance');
    }
  }

  async rename(input: string, { account, source }: Requester): Promise<RenameInstanceResult> {
    const parsed = parseInstanceName(input);
    if (!parsed.ok) return { type: 'InvalidName', message: parsed.message };
    const event = { action: 'INSTANCE_RENAMED', actor: account, source } as const;
    try {
      const renamedAt = await this.#options.naming.rename(parsed.name);
      this.#options.record({ ...event, outcome: 'SUCCEEDED' }, renamedAt);
      this.announceChange();
      return { type: 'InstanceRenamed', instance: this };
    } catch (error) {
      this.#options.record({ ...event, outcome: 'FAILED' });
      return cloudUnavailable(error, 'rename the instance');
    }
  }

  signOut(claims: AccessTokenClaims, source: RequestSource): void {
    this.#options.endSession(claims, source);
  }

  renameAt(at: number): RenameModel | undefined {
    return this.#options.naming.renameAt(at);
  }

  #claimResult(outcome: ClaimOutcome): ClaimInstanceResult {
    switch (outcome.result) {
      case 'claimed':
        return { type: 'InstanceClaimed', instance: this };
      case 'wrong':
        return {
          type: 'WrongClaimCode',
          triesLeft: outcome.triesLeft,
          message:
            outcome.triesLeft === 0
              ? 'This claim code is wrong, and it was the last try. Restart the instance: it prints a new code.'
              : `This claim code is wrong; ${outcome.triesLeft === 1 ? '1 try is' : `${outcome.triesLeft} tries are`} left. Copy the code from the terminal of the instance, or from the file claim-code in its data directory.`,
        };
      case 'outdated':
        return {
          type: 'OutdatedClaimCode',
          message:
            'This address is from an earlier start of the instance. Its terminal shows the new one, and the file claim-code in its data directory has the new code.',
        };
      case 'locked':
        return { type: 'ClaimLocked', message: claimLockedMessage };
      case 'window-closed':
        return { type: 'ClaimWindowClosed', message: claimWindowClosedMessage(this.claimWindow) };
      case 'already-claimed':
        return {
          type: 'AlreadyClaimed',
          message: 'This instance has an owner already. Reload the page to see whether you may use it.',
        };
    }
    outcome satisfies { result: 'not-approved' };
    return {
      type: 'CloudUnavailable',
      message:
        'The cloud knows of no approved sign-in of your workspace to this instance. Sign out, sign in again and approve it, then claim the instance.',
    };
  }
}

export const claimLockedMessage =
  'Too many wrong claim codes came, so that even the right one is refused now. Restart the instance: it prints a new code.';
export const activityNotSavedMessage =
  'The instance cannot write instance.db, where the audit log is. Make room on its disk and make sure that it may write to its data directory; it keeps trying.';

/** @param seconds how long the window was open */
export function claimWindowClosedMessage(seconds: number): string {
  return `The instance was not claimed within ${durationInWords(seconds)}. Restart it: it prints a new code.`;
}

/** @throws `error` itself, unless it is the cloud's */
function cloudUnavailable(error: unknown, what: string): { type: 'CloudUnavailable'; message: string } {
  if (error instanceof CloudUnreachableError) {
    return {
      type: 'CloudUnavailable',
      message: `The cloud, which is needed to ${what}, does not answer: ${error.message}. Try again in a moment.`,
    };
  }
  if (error instanceof CredentialsRefusedError) {
    return {
      type: 'CloudUnavailable',
      message: `The cloud, which is needed to ${what}, does not accept the credentials of this instance: ${error.message}. Ask the operator of the cloud.`,
    };
  }
  throw error;
}
