import { totpCode, totpStep } from '../src/accounts/second-factor/totp.ts';

/** The code that an authenticator app shows for a secret in base 32; `later` counts periods from now. */
export function authenticatorCode(secret: string, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
  return totpCode(Uint8Array.from(bytes), totpStep(Date.now()) + later);
}
