// A claim happens in two places, the cloud and secrets.db, and may be cut off between any two steps. It is two-step and
// idempotent: (1) the code was right, so the workspace is sealed here as pending; (2) the cloud records it as the owner
// while there is none; (3) the owner is pinned here and the pending claim goes. A pending claim is carried on at the next
// occasion, before any other may begin, so there are never two owners and the instance is never stuck between.

import type { Requester } from '../requester.ts';
import type { ClaimCodeGate, ClaimCodeJudgement } from './claim-code.ts';
import type { ClaimingWorkspace, ClaimStore, InstanceClaim } from './claim-store.ts';

/** What the cloud answers to the request to record an owner. */
export type OwnerRecording =
  | {
      readonly result: 'recorded';
      readonly record: { readonly name: string | undefined; readonly owner: { readonly claimedAt: string } };
    }
  | { readonly result: 'already-claimed' }
  | { readonly result: 'not-approved' };

export type ClaimOutcome =
  | { readonly result: 'claimed' }
  /** By whichever workspace. */
  | { readonly result: 'already-claimed' }
  /** The cloud knows of no approved sign-in of that workspace. */
  | { readonly result: 'not-approved' }
  | Exclude<ClaimCodeJudgement, { result: 'right' }>;

export interface InstanceClaimingOptions {
  readonly store: ClaimStore;
  readonly gate: ClaimCodeGate;
  /** Asks the cloud to record `workspaceId` as the owner while there is none; may be repeated. Throws when it cannot be asked. */
  readonly recordOwner: (workspaceId: string) => Promise<OwnerRecording>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once the owner is pinned; `by` is undefined when a claim was carried on that had been cut off. */
  readonly onClaimed: (claim: InstanceClaim, by: Requester | undefined) => Promise<void>;
  /** Called for each code that was wrong. */
  readonly onWrongCode: (workspace: ClaimingWorkspace, triesLeft: number, by: Requester) => void;
  /** Called when nobody has a try left. */
  readonly onLocked: () => void;
}

/** Takes the instance from nobody's to somebody's, once. */
export class InstanceClaiming {
  readonly #options: InstanceClaimingOptions;
  #lastStep: Promise<unknown> = Promise.resolve();

  constructor(options: InstanceClaimingOptions) {
    this.#options = options;
  }

  /**
   * Claims the instance for `workspace`, whose member `by` presents `code`.
   *
   * @throws whatever `recordOwner` throws; the claim is then pending and is carried on by `resume`
   */
  async claim(workspace: ClaimingWorkspace, code: string, by: Requester): Promise<ClaimOutcome> {
    const { store, gate, now, onWrongCode, onLocked } = this.#options;
    if (store.claim) return { result: 'already-claimed' };
    const judgement = gate.judge(code, workspace.id);
    if (judgement.result === 'wrong') onWrongCode(workspace, judgement.triesLeft, by);
    if (gate.isLocked) onLocked();
    if (judgement.result !== 'right') return judgement;

    return this.#oneAfterTheOther(async () => {
      if (store.pending && store.pending.id !== workspace.id) await this.#carryOn(store.pending);
      if (store.claim) return { result: 'already-claimed' };
      await store.begin(workspace, new Date(now()));
      return this.#carryOn(workspace, by);
    });
  }

  /** How many more wrong codes of that workspace are judged; undefined once the instance is claimed. */
  triesLeft(workspaceId: string): number | undefined {
    const { store, gate } = this.#options;
    return store.claim ? undefined : gate.triesLeft(workspaceId);
  }

  /** How long the window for claims is open, in seconds. */
  get windowSeconds(): number {
    return this.#options.gate.windowSeconds;
  }

  /** When the window for claims closes, or has closed; undefined once the instance is claimed. */
  get windowEnd(): Date | undefined {
    const { store, gate } = this.#options;
    return store.claim ? undefined : new Date(gate.closesAt);
  }

  /**
   * Carries a claim on that was cut off: by a crash, or by a cloud that did not answer.
   *
   * @throws whatever `recordOwner` throws; the claim stays pending
   */
  async resume(): Promise<void> {
    await this.#oneAfterTheOther(async () => {
      const { pending, claim } = this.#options.store;
      if (pending && !claim) await this.#carryOn(pending);
    });
  }

  async #carryOn(workspace: ClaimingWorkspace, by?: Requester): Promise<ClaimOutcome> {
    const { store, recordOwner, onClaimed } = this.#options;
    const recording = await recordOwner(workspace.id);
    if (recording.result !== 'recorded') {
      await store.abandon();
      return recording;
    }
    const { name, owner } = recording.record;
    const claim: InstanceClaim = { workspace, claimedAt: new Date(owner.claimedAt) };
    await store.complete(claim, name);
    await onClaimed(claim, by);
    return { result: 'claimed' };
  }

  async #oneAfterTheOther<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#lastStep.then(step);
    this.#lastStep = result.catch(() => undefined);
    return result;
  }
}
