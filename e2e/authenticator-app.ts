import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const periodMilliseconds = 30_000;

/** The code of RFC 6238 that an authenticator app shows for a secret in base 32; `later` counts periods from now. */
export function authenticatorCode(secret: string, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
  const counter = Buffer.alloc(8);
  counter.writeUInt32BE(Math.floor(Date.now() / periodMilliseconds) + later, 4);
  const mac = createHmac('sha1', Uint8Array.from(bytes)).update(counter).digest();
  const offset = mac.readUInt8(19) & 15;
  return String((mac.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

/** The code before the current one. It is good for as long as that is, so this waits where there are only seconds left. */
export async function earlierAuthenticatorCode(secret: string): Promise<string> {
  const left = periodMilliseconds - (Date.now() % periodMilliseconds);
  if (left < 10_000) await sleep(left);
  return authenticatorCode(secret, -1);
}
