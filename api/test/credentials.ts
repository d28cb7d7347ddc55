import { createHash, randomUUID } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** A key pair of a cloud or of a browser, made by another library than the one that verifies. */
export interface TestKey {
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  readonly jkt: string;
}

export async function createKey(algorithm = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  return { privateKey, publicJwk, jkt: await calculateJwkThumbprint(publicJwk) };
}

export type Members = Record<string, unknown>;

/** Members that are undefined are left out, so that a test can take one away. */
export async function sign(header: Members, payload: Members, key: CryptoKey | Uint8Array): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader(JSON.parse(JSON.stringify(header)) as { alg: string })
    .sign(key);
}

/** A JWT of parts that are taken as they are, for what no library would write. */
export function assemble(header: string, payload: string, signature: string): string {
  return `${[header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.')}.${signature}`;
}

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly resource: string;
  readonly jkt: string;
  readonly kid: string;
  readonly key: CryptoKey | Uint8Array;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly header?: Members;
  readonly claims?: Members;
}

/** A user's access token as the cloud issues it, but for the members that a test changes. */
export async function signAccessToken(options: AccessTokenOptions): Promise<string> {
  const { issuer, resource, jkt, kid, key, now, header, claims } = options;
  return sign(
    { alg: 'ES256', typ: 'at+jwt', kid, ...header },
    {
      iss: issuer,
      aud: resource,
      sub: 'account-1',
      client_id: 'holdfast-web',
      scope: 'instance',
      iat: now,
      exp: now + 300,
      jti: randomUUID(),
      cnf: { jkt },
      workspace: 'workspace-1',
      workspace_name: "Ann's workspace",
      role: 'owner',
      email: 'ann@example.test',
      name: 'Ann',
      grant_id: 'grant-1',
      ...claims,
    },
    key,
  );
}

export interface ProofOptions {
  readonly key: TestKey;
  readonly accessToken: string;
  readonly url: string;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly header?: Members;
  readonly claims?: Members;
}

/** A DPoP proof for a POST, but for the members that a test changes. */
export async function signProof({
  key,
  accessToken,
  url,
  now,
  header,
  claims,
}: ProofOptions): Promise<string> {
  return sign(
    { alg: 'ES256', typ: 'dpop+jwt', jwk: key.publicJwk, ...header },
    {
      htm: 'POST',
      htu: url,
      iat: now,
      jti: randomUUID(),
      ath: createHash('sha256').update(accessToken).digest('base64url'),
      ...claims,
    },
    key.privateKey,
  );
}
