// Parsing of compact JWS, as strict as the specifications allow: one encoding per token, one algorithm.

import { type KeyObject, verify } from 'node:crypto';
import { hasUniqueMembers } from './unique-members.ts';

/** A parsed, not yet verified JWS. */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

/** Bytes of an ES256 signature: R and S of 32 bytes each (RFC 7518 section 3.4). */
const es256SignatureBytes = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a compact serialisation with an ES256 header. Answers undefined when it is anything else: not three parts,
 * longer than `maxLength` characters, not canonical base64url, not UTF-8 JSON objects of
 * unique members, another `alg`, any `crit`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.2 RFC 7515 section 5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8725#section-3.1 RFC 8725 section 3.1} (one algorithm)
 */
export function parseCompactJws(compact: string, maxLength: number): CompactJws | undefined {
  if (compact.length > maxLength) return undefined;
  const parts = compact.split('.', 4);
  if (parts.length !== 3) return undefined;
  const [encodedHeader, encodedPayload, encodedSignature] = parts as [string, string, string];
  const header = decodeJsonObject(encodedHeader);
  const payload = decodeJsonObject(encodedPayload);
  const signature = decodeBase64url(encodedSignature);
  if (!header || !payload || signature?.length !== es256SignatureBytes) return undefined;
  // "If any of the listed extension Header Parameters are not understood and supported by the recipient, then the JWS
  // is invalid" (RFC 7515 section 4.1.11): none are.
  if (header.alg !== 'ES256' || 'crit' in header) return undefined;
  return {
    header,
    payload,
    signature,
    signingInput: Buffer.from(`${encodedHeader}.${encodedPayload}`, 'latin1'),
  };
}

/** Verifies the ES256 signature. */
export function verifyJws({ signingInput, signature }: CompactJws, key: KeyObject): boolean {
  return verify('sha256', signingInput, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/**
 * Decodes base64url without padding; undefined unless `encoded` is the one canonical encoding of its bytes, since
 * Node's decoder ignores foreign characters, whitespace and left-over bits.
 */
export function decodeBase64url(encoded: string): Buffer | undefined {
  const bytes = Buffer.from(encoded, 'base64url');
  return bytes.toString('base64url') === encoded ? bytes : undefined;
}

function decodeJsonObject(encoded: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(encoded);
  if (!bytes) return undefined;
  try {
    const json = utf8.decode(bytes);
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !hasUniqueMembers(json))
      return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
