import type { SecretsStore, SecretsTransaction } from '../secrets/secrets-store.ts';

/** A workspace as it is pinned: its id decides, its name is for people. */
export interface ClaimingWorkspace {
  readonly id: string;
  readonly name: string;
}

/** Who owns this instance, as the instance itself recorded it. */
export interface InstanceClaim {
  readonly workspace: ClaimingWorkspace;
  readonly claimedAt: Date;
}

/** The claim as it lies sealed in secrets.db, in its two steps: begun, then completed. */
export class ClaimStore {
  readonly #secrets: SecretsStore;
  readonly #issuer: string;

  constructor(secrets: SecretsStore, issuer: string) {
    this.#secrets = secrets;
    this.#issuer = issuer;
  }

  /** The completed claim. */
  get claim(): InstanceClaim | undefined {
    const row = this.#secrets.read('instance_claim');
    return (
      row && {
        workspace: { id: row.workspace, name: row.workspace_name },
        claimedAt: new Date(row.claimed_at),
      }
    );
  }

  /** The id of the workspace that completed a claim; asked for at each request. */
  get owner(): string | undefined {
    return this.#secrets.read('instance_claim')?.workspace;
  }

  /** The workspace whose claim has begun and is not completed: it presented the right code. */
  get pending(): ClaimingWorkspace | undefined {
    const row = this.#secrets.read('pending_claim');
    return row && { id: row.workspace, name: row.workspace_name };
  }

  async begin(workspace: ClaimingWorkspace, begunAt: Date): Promise<void> {
    await this.#secrets.transaction((transaction) => {
      transaction.put('pending_claim', {
        workspace: workspace.id,
        workspace_name: workspace.name,
        begun_at: begunAt.toISOString(),
      });
    });
  }

  async abandon(): Promise<void> {
    await this.#secrets.transaction((transaction) => transaction.remove('pending_claim'));
  }

  /** Pins the owner; `name` is the instance's name, if the cloud knows one. */
  async complete(claim: InstanceClaim, name: string | undefined): Promise<void> {
    await this.#secrets.transaction((transaction) => {
      putClaim(transaction, this.#issuer, claim, name);
      transaction.remove('pending_claim');
    });
  }
}

/** Pins the owner, and the issuer at which the workspace is one. */
export function putClaim(
  transaction: SecretsTransaction,
  issuer: string,
  { workspace, claimedAt }: InstanceClaim,
  name: string | undefined,
): void {
  transaction.put('instance_claim', {
    issuer,
    workspace: workspace.id,
    workspace_name: workspace.name,
    claimed_at: claimedAt.toISOString(),
  });
  if (name !== undefined) transaction.put('instance_name', { name });
}
