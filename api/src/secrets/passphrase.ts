// A passphrase is guessable where a random key is not, so each guess is made to cost 64 MiB and three passes over them.

import { type Argon2Parameters, argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { StartupError } from '../errors.ts';
import { keyBytes } from './sealing.ts';

/** How a passphrase becomes a wrapping key, as secrets.db and backups record it. */
export interface PassphraseSource {
  readonly kind: 'passphrase';
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Characters; fewer are refused where a passphrase is chosen. */
export const shortestPassphrase = 12;

const saltBytes = 16;
/** The second choice of RFC 9106 section 4, with one lane: there is one reader at a time. */
const parameters = { memoryKib: 65_536, passes: 3, parallelism: 1 } as const;
const derive = promisify(argon2) as (algorithm: 'argon2id', options: Argon2Parameters) => Promise<Buffer>;

/** A source with a new salt. */
export function createPassphraseSource(): PassphraseSource {
  return { kind: 'passphrase', salt: new Uint8Array(randomBytes(saltBytes)), ...parameters };
}

/** Whether parameters read from a file are the ones that this version writes: others would weaken or stall it. */
export function isPassphraseSource(source: PassphraseSource): boolean {
  return (
    source.salt.length === saltBytes &&
    source.memoryKib === parameters.memoryKib &&
    source.passes === parameters.passes &&
    source.parallelism === parameters.parallelism
  );
}

/**
 * Derives the wrapping key (32 bytes; the caller zeroes it).
 *
 * @param passphrase UTF-8; zeroed
 * @throws StartupError `key_unusable` for an empty passphrase
 * @see {@link https://www.rfc-editor.org/rfc/rfc9106 RFC 9106}, Argon2id
 */
export async function derivePassphraseKey(
  { salt, memoryKib, passes, parallelism }: PassphraseSource,
  passphrase: Uint8Array,
): Promise<Uint8Array> {
  if (passphrase.length === 0) throw new StartupError('key_unusable', 'The passphrase is empty.');
  try {
    return await derive('argon2id', {
      message: passphrase,
      nonce: salt,
      memory: memoryKib,
      passes,
      parallelism,
      tagLength: keyBytes,
    });
  } finally {
    passphrase.fill(0);
  }
}
