// As much of DER as a certificate needs (ITU-T X.690): bytes in, bytes out, nothing is parsed.

/** One value: its tag, its length, its content. */
function value(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length, ...bytes), content]);
}

export const der = {
  sequence: (...members: readonly Uint8Array[]) => value(0x30, ...members),
  set: (...members: readonly Uint8Array[]) => value(0x31, ...members),
  true: value(0x01, Buffer.of(0xff)),
  /** A number that is not negative, of bytes with the highest first. */
  integer: (bytes: Uint8Array) =>
    (bytes[0] ?? 0) < 0x80 ? value(0x02, bytes) : value(0x02, Buffer.of(0), bytes),
  bitString: (bytes: Uint8Array, unusedBits = 0) => value(0x03, Buffer.of(unusedBits), bytes),
  octetString: (bytes: Uint8Array) => value(0x04, bytes),
  utf8String: (text: string) => value(0x0c, Buffer.from(text)),
  /** Such as `2.5.29.17`. */
  objectIdentifier(text: string) {
    const [first = 0, second = 0, ...others] = text.split('.').map(Number);
    return value(0x06, Buffer.from([first * 40 + second, ...others].flatMap(base128)));
  },
  /** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
  time(date: Date) {
    const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    return date.getUTCFullYear() < 2050
      ? value(0x17, Buffer.from(digits.slice(2)))
      : value(0x18, Buffer.from(digits));
  },
  /** A value under a tag of its own, around what it holds. */
  explicit: (tag: number, content: Uint8Array) => value(0xa0 | tag, content),
  /** Bytes under a tag of their own, in place of the usual one. */
  implicit: (tag: number, bytes: Uint8Array) => value(0x80 | tag, bytes),
};

function base128(number: number): number[] {
  const bytes = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}
