import { createHash, KeyObject, randomUUID, sign } from 'node:crypto';
import type { Tokens } from '../e2e/scripted-client.ts';

/**
 * Headers of `count` requests with the token and a fresh proof each, signed beforehand so that the client's work does
 * not compete with the server's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2 RFC 9449 section 4.2
 */
export async function proofHeaders(url: string, { accessToken, keyPair }: Tokens, count: number) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
  const key = KeyObject.from(keyPair.privateKey);
  const ath = createHash('sha256').update(accessToken).digest('base64url');
  const iat = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, () => {
    const input = `${header}.${encode({ jti: randomUUID(), htm: 'POST', htu: url, iat, ath })}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return { authorization: `DPoP ${accessToken}`, dpop: `${input}.${signature.toString('base64url')}` };
  });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
