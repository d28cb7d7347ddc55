import * as fc from 'fast-check';
import type { Members } from '../credentials.ts';
import { createFuzzKey, encode, type FuzzKey, signTexts } from './signing.ts';
import { mutantsOf } from './text-mutants.ts';

/** A JWT that is good, and what of it must be as it is. */
export interface GenuineJwt {
  readonly header: Members;
  readonly payload: Members;
  readonly key: FuzzKey;
  /** By member, whether a value would be good as well; undefined stands for none. */
  readonly goodHeader: Readonly<Record<string, (value: unknown) => boolean>>;
  readonly goodPayload: Readonly<Record<string, (value: unknown) => boolean>>;
  /** Values that resemble good ones. */
  readonly nearMisses: readonly unknown[];
}

/** Whatever a forger or a careless library could make of a genuine JWT: none of them is good. */
export function jwtMutants(genuine: GenuineJwt): fc.Arbitrary<string> {
  const header = JSON.stringify(genuine.header);
  const payload = JSON.stringify(genuine.payload);
  const token = signTexts(header, payload, genuine.key);
  const parts = token.split('.') as [string, string, string];
  const stranger = createFuzzKey();
  const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data).toString('base64url'));
  const withParts = (...changed: [string, string, string]) => changed.join('.');
  const anyMember = (members: Members) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(members), 'crit', 'jku', 'x5c', '__proto__'), fc.jsonValue())
      .map(([name, value]) => JSON.stringify({ ...members, [name]: value }));

  return fc
    .oneof(
      mutantsOf(token),
      // One part as other bytes: bits flipped, edited as text, with other members.
      flippedBits(parts[0]).map((part) => withParts(part, parts[1], parts[2])),
      flippedBits(parts[1]).map((part) => withParts(parts[0], part, parts[2])),
      flippedBits(parts[2]).map((part) => withParts(parts[0], parts[1], part)),
      mutantsOf(header).map((text) => withParts(encode(text), parts[1], parts[2])),
      mutantsOf(payload).map((text) => withParts(parts[0], encode(text), parts[2])),
      anyMember(genuine.header).map((text) => withParts(encode(text), parts[1], parts[2])),
      anyMember(genuine.payload).map((text) => withParts(parts[0], encode(text), parts[2])),
      // All of it by somebody else.
      anyMember(genuine.payload).map((text) => signTexts(header, text, stranger)),
      fc.constant(payload).map((text) => signTexts(header, text, stranger)),
      // By the right key, with one thing that is wrong.
      oneBadMember(genuine.header, genuine.goodHeader, genuine.nearMisses).map((text) =>
        signTexts(text, payload, genuine.key),
      ),
      oneBadMember(genuine.payload, genuine.goodPayload, genuine.nearMisses).map((text) =>
        signTexts(header, text, genuine.key),
      ),
      oneTwice(genuine.payload).map((text) => signTexts(header, text, genuine.key)),
      oneTwice(genuine.header).map((text) => signTexts(text, payload, genuine.key)),
      // No JWT at all.
      fc.tuple(bytes, bytes, bytes).map((all) => withParts(...all)),
      fc.string({ unit: 'binary', maxLength: 500 }),
      fc.array(bytes, { maxLength: 6 }).map((all) => all.join('.')),
    )
    .filter((mutant) => mutant !== token);
}

function flippedBits(part: string): fc.Arbitrary<string> {
  const bytes = Buffer.from(part, 'base64url');
  return fc.uniqueArray(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }).map((bits) => {
    const flipped = Buffer.from(bytes);
    for (const bit of bits) flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return flipped.toString('base64url');
  });
}

/** The JSON of `members` but for one value that is not good. */
function oneBadMember(
  members: Members,
  good: GenuineJwt['goodHeader'],
  nearMisses: readonly unknown[],
): fc.Arbitrary<string> {
  const values = fc.oneof(fc.constantFrom(...nearMisses, undefined), fc.jsonValue());
  return fc
    .tuple(fc.constantFrom(...Object.keys(good)), values)
    .filter(([name, value]) => good[name]?.(value) === false)
    .map(([name, value]) => JSON.stringify({ ...members, [name]: value }));
}

/** The JSON of `members` with one of them there twice, the good one first or last. */
function oneTwice(members: Members): fc.Arbitrary<string> {
  const text = JSON.stringify(members);
  return fc
    .tuple(fc.constantFrom(...Object.keys(members)), fc.jsonValue(), fc.boolean(), fc.boolean())
    .map(([name, value, isFirst, isEscaped]) => {
      const spelled = isEscaped ? escaped(name) : JSON.stringify(name);
      const member = `${spelled}:${JSON.stringify(value)}`;
      return isFirst ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`;
    });
}

function escaped(name: string): string {
  return `"${[...name].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}
