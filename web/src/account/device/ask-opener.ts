import type { DeviceRequest } from '../api/device.ts';

/** As `web/src/auth/approval-proof.ts` names them at the other end. */
const challengeType = 'holdfast-approval-challenge';
const proofType = 'holdfast-approval-proof';
const decidedType = 'holdfast-decided';

/** A page that began a login answers within milliseconds, unless its tab is asleep. */
const patienceMilliseconds = 2_000;

/**
 * Asks the page that opened this one for a proof that the login began there. Only a page of the origin that the cloud
 * named hears the question, and only its answer counts. Resolves with undefined where there is no such page.
 */
export async function askOpener(
  binding: DeviceRequest['binding'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const opener = window.opener as Window | null;
  if (binding === null || opener === null || !URL.canParse(binding.origin)) return undefined;
  const { origin, challenge } = binding;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const hear = ({ source, origin: from, data }: MessageEvent<unknown>) => {
    const proof = source === opener && from === origin ? proofIn(data) : undefined;
    if (proof !== undefined) resolve(proof);
  };
  const giveUp = () => resolve(undefined);
  const timer = setTimeout(giveUp, patienceMilliseconds);
  window.addEventListener('message', hear);
  signal.addEventListener('abort', giveUp);
  opener.postMessage({ type: challengeType, challenge }, origin);
  return promise.finally(() => {
    clearTimeout(timer);
    window.removeEventListener('message', hear);
    signal.removeEventListener('abort', giveUp);
  });
}

/** Tells the page that opened this one, and has proven that the login began there, that the person has decided. */
export function tellOpener({ origin }: NonNullable<DeviceRequest['binding']>): void {
  const opener = window.opener as Window | null;
  opener?.postMessage({ type: decidedType }, origin);
}

function proofIn(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data) || !('proof' in data)) return undefined;
  return data.type === proofType && typeof data.proof === 'string' ? data.proof : undefined;
}
