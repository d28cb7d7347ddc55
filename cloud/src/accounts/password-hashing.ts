import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { FairTurns } from '../fair-turns.ts';

/**
 * scrypt holds one of the four threads of the process for a tenth of a second, and the others sign tokens: two at a time
 * leave them room. When forty wait, whoever comes from a network that has most of them is told to come again.
 */
const turns = new FairTurns({ atOnce: 2, waiting: 40 });

/** How passwords are stored and compared. @throws {HttpError} 503 `temporarily_unavailable` if too many are */
export const passwordHashing = {
  hash: async (password: string): Promise<string> => turns.during(async () => hashPassword(password)),
  verify: async (given: { hash: string; password: string }): Promise<boolean> =>
    turns.during(async () => verifyPassword(given)),
};
