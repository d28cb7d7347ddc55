import type { WaitingPage } from './waiting-page.ts';

/** What the cloud's approval page and the page that began a login say to each other by `postMessage`. */
const challengeType = 'holdfast-approval-challenge';
const proofType = 'holdfast-approval-proof';
const decidedType = 'holdfast-decided';

/** The login that waits for its approval. */
export interface ProvableLogin {
  /** Origin of the cloud: the only one that is answered, and the only one that the proof is good for. */
  cloudOrigin: string;
  userCode: string;
  verificationUriComplete: string;
  /** The key that the login is bound to. */
  keyPair: CryptoKeyPair;
  /** Becomes the first approval page, if it still waits. */
  waitingPage?: WaitingPage | undefined;
}

/** The approval pages that this page has opened. Once disposed of, they are not answered any more. */
export interface ApprovalPages extends Disposable {
  /** Opens one in another tab, which may ask this page for a proof. Returns false if the browser does not let it. */
  open: () => boolean;
  /** Whether one was opened from the beginning. */
  readonly isOpen: boolean;
  /** Resolves when one of them says that the person has decided. What was decided is for the cloud to say. */
  readonly decided: Promise<void>;
}

/**
 * Lets approval pages prove to the cloud that a login began in this browser: they ask the page that opened them, which
 * is this one, to sign a challenge of the cloud. Nobody else is answered. The proof approves nothing by itself; that
 * takes the person's click on the cloud's page.
 */
export function createApprovalPages(login: ProvableLogin): ApprovalPages {
  const opened = new WeakSet<object>();
  const { promise: decided, resolve: noteDecision } = Promise.withResolvers<void>();
  const answer = ({ origin, source, data }: MessageEvent<unknown>) => {
    if (origin !== login.cloudOrigin || source === null || !opened.has(source)) return;
    if (isDecision(data)) noteDecision();
    const challenge = challengeIn(data);
    if (challenge === undefined) return;
    void signProof(login, challenge).then((proof) =>
      source.postMessage({ type: proofType, proof }, { targetOrigin: login.cloudOrigin }),
    );
  };
  window.addEventListener('message', answer);
  const first = login.waitingPage?.leadTo(login.verificationUriComplete);
  if (first) opened.add(first);
  return {
    isOpen: first !== undefined,
    open() {
      // Without “noopener” on purpose: the page asks its opener. What a cloud that lies can do with it is in
      // docs/security.md.
      const page = window.open(login.verificationUriComplete, '_blank');
      if (page) opened.add(page);
      return page !== null;
    },
    decided,
    [Symbol.dispose]: () => window.removeEventListener('message', answer),
  };
}

function isDecision(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === decidedType;
}

function challengeIn(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data) || !('challenge' in data))
    return undefined;
  const { type, challenge } = data;
  return type === challengeType && typeof challenge === 'string' && challenge.length <= 128
    ? challenge
    : undefined;
}

/** A JWT of a type of its own: neither does it pass for a DPoP proof, nor the other way round. */
async function signProof(
  { cloudOrigin, userCode, keyPair }: ProvableLogin,
  challenge: string,
): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
  const header = { typ: 'holdfast-approval+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const claims = { aud: cloudOrigin, nonce: challenge, user_code: userCode };
  const input = [header, claims]
    .map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))))
    .join('.');
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    keyPair.privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
