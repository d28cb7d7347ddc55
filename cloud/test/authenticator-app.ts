import { setTimeout as sleep } from 'node:timers/promises';
import { totpCode, totpStep } from '../src/accounts/second-factor/totp.ts';

/** The code that an authenticator app shows for a secret in base 32; `later` counts periods from now. */
export function authenticatorCode(secret: string, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
  return totpCode(Uint8Array.from(bytes), totpStep(Date.now()) + later);
}

/** The code before the current one. It is good for as long as that is, so this waits where there is hardly any time left. */
export async function earlierAuthenticatorCode(secret: string): Promise<string> {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 3_000) await sleep(left);
  return authenticatorCode(secret, -1);
}
