import { createHmac } from 'node:crypto';
import { deriveKey } from '../derived-key.ts';

/** What the cloud derives from a user code, so that none of it needs to be stored. Codes are given in normal form. */
export interface FlowSecrets {
  /** Two digits that only the page shows which began the login. */
  readonly matchCodeOf: (userCode: string) => string;
  /** What the browser that began the login signs for the account that is about to decide. */
  readonly challengeOf: (userCode: string, accountId: string) => string;
}

/** @param secret 32 random bytes that stay with the cloud */
export function deriveFlowSecrets(secret: Uint8Array): FlowSecrets {
  const matchKey = deriveKey(secret, 'holdfast match code');
  const challengeKey = deriveKey(secret, 'holdfast approval challenge');
  return {
    matchCodeOf: (userCode) => {
      const number = createHmac('sha256', matchKey).update(userCode).digest().readUInt32BE();
      return String(number % 100).padStart(2, '0');
    },
    challengeOf: (userCode, accountId) =>
      createHmac('sha256', challengeKey).update(`${userCode} ${accountId}`).digest('base64url'),
  };
}
