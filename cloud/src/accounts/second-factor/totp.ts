import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Seconds that a code is shown for. */
const periodSeconds = 30;
/** How many periods a clock may be off, either way (RFC 6238 section 5.2). */
const tolerance = 1;
const digits = 6;

/** A new shared secret, as long as the HMAC's output (RFC 4226 section 4). */
export function createTotpSecret(): Buffer {
  return randomBytes(20);
}

/** The number of the period that an instant lies in; `instant` in milliseconds since the epoch. */
export function totpStep(instant: number): number {
  return Math.floor(instant / 1_000 / periodSeconds);
}

/** The code of one period. @see RFC 6238 section 4, RFC 4226 section 5.3 */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f;
  const truncated = mac.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(truncated % 10 ** digits).padStart(digits, '0');
}

/** The period whose code was given, of those around `now`; `undefined` if it is the code of none. */
export function matchingTotpStep(secret: Uint8Array, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const current = totpStep(now);
  const steps = Array.from({ length: 2 * tolerance + 1 }, (_, index) => current - tolerance + index);
  return steps.find((step) => timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code)));
}

/** What authenticator apps read from a QR code. @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function totpUri(
  secret: Uint8Array,
  { issuer, account }: { issuer: string; account: string },
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`;
}

/** RFC 4648 section 6, without padding: the length is a multiple of five bytes. */
export function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('');
}
