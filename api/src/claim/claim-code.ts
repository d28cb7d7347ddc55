// Who reads the claim code controls the machine (its terminal, or a file that only its user may read): that is what
// makes an owner. Ten Crockford characters are 50 bits; with five tries, guessing succeeds once in 2 × 10^14 starts.
// In the printed address an id of the start follows the code. A code with another start's id is refused without being looked
// at, so that an address that was kept over a restart costs no try, and the refusal says nothing about any code.

import { randomBytes, timingSafeEqual } from 'node:crypto';

/** How long after the instance can be claimed it may be claimed, unless it is told otherwise. */
export const defaultClaimWindowSeconds = 15 * 60;

/** Each workspace has its own, so that a stranger cannot use up those of the person at the machine. */
const triesPerWorkspace = 5;
/** Accounts are free, so all together have a limit too: even then a guess succeeds once in 10^12 starts. */
const triesInAll = 1_000;

/** Crockford's base32: no I, L, O, U, which people mistake or resent. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;
const startIdLength = 4;
const longestInput = 64;

export type ClaimCodeJudgement =
  | { readonly result: 'right' }
  | { readonly result: 'wrong'; readonly triesLeft: number }
  /** It came with the address of an earlier start, and was not compared. */
  | { readonly result: 'outdated' }
  /** Too many wrong codes: even the right one is refused. */
  | { readonly result: 'locked' }
  | { readonly result: 'window-closed' };

/** Makes a new claim code, `XXXXX-XXXXX`. */
export function generateClaimCode(): string {
  const characters = randomCharacters(codeLength);
  return `${characters.slice(0, 5)}-${characters.slice(5)}`;
}

function randomCharacters(count: number): string {
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** What a person typed, as it is compared: case, dashes and spaces are free, O reads as 0, I and L as 1. */
export function normalizeClaimCode(typed: string): string {
  return typed
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
}

/** Judges claim codes for one run of the instance: a few tries, within a window of time. */
export class ClaimCodeGate {
  readonly code: string;
  /** No secret: it tells this start from others. */
  readonly startId = randomCharacters(startIdLength);
  readonly windowSeconds: number;
  readonly #now: () => number;
  #opensAt: number;
  readonly #wrongTries = new Map<string, number>();
  #wrongTriesInAll = 0;

  /** @param now milliseconds since the epoch; the window begins with this very moment */
  constructor(code: string, now: () => number, windowSeconds = defaultClaimWindowSeconds) {
    this.code = code;
    this.windowSeconds = windowSeconds;
    this.#now = now;
    this.#opensAt = now();
  }

  /** The code as the printed address carries it. */
  get codeOfAddress(): string {
    return `${this.code}.${this.startId}`;
  }

  /** Begins the window anew: nobody could claim the instance before it was registered. */
  restartWindow(): void {
    this.#opensAt = this.#now();
  }

  /** When the window closes, in milliseconds since the epoch. */
  get closesAt(): number {
    return this.#opensAt + this.windowSeconds * 1_000;
  }

  /** Whether no workspace has a try left. */
  get isLocked(): boolean {
    return this.#wrongTriesInAll >= triesInAll;
  }

  /** How many more wrong codes of that workspace are judged. */
  triesLeft(workspaceId: string): number {
    return this.isLocked ? 0 : triesPerWorkspace - (this.#wrongTries.get(workspaceId) ?? 0);
  }

  /**
   * Judges a code, alone or as the printed address carries it. Synchronous, so that no two judgements share a try. A right
   * code costs none; it may be needed again.
   */
  judge(typed: string, workspaceId: string): ClaimCodeJudgement {
    if (this.triesLeft(workspaceId) === 0) return { result: 'locked' };
    if (this.#now() >= this.closesAt) return { result: 'window-closed' };
    const [code = '', startId] = typed.split('.');
    if (startId !== undefined && normalizeClaimCode(startId) !== this.startId) return { result: 'outdated' };
    if (this.#isRight(code)) return { result: 'right' };
    this.#wrongTries.set(workspaceId, (this.#wrongTries.get(workspaceId) ?? 0) + 1);
    this.#wrongTriesInAll += 1;
    return { result: 'wrong', triesLeft: this.triesLeft(workspaceId) };
  }

  #isRight(code: string): boolean {
    if (code.length > longestInput) return false;
    const given = Buffer.from(normalizeClaimCode(code));
    const expected = Buffer.from(normalizeClaimCode(this.code));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
