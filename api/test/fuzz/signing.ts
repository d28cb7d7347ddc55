import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Members } from '../credentials.ts';

/** A key pair whose signatures cost no promise. */
export interface FuzzKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: Members;
}

export function createFuzzKey(): FuzzKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, publicJwk: publicKey.export({ format: 'jwk' }) as Members };
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Signs JSON texts as they are with ES256. */
export function signTexts(header: string, payload: string, { privateKey }: FuzzKey): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
