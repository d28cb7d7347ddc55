import { Anchor } from '@mantine/core';
import { parseIssuer } from '../auth/issuer.ts';

/** The cloud that an instance names: a link only where it is one that a sign-in would trust. */
export function CloudLink({ issuer }: { issuer: string }) {
  if (!isTrustworthy(issuer)) return <span>{issuer}</span>;
  return (
    <Anchor href={issuer} target="_blank" rel="noopener">
      {issuer}
    </Anchor>
  );
}

function isTrustworthy(issuer: string): boolean {
  try {
    parseIssuer(issuer);
    return true;
  } catch {
    return false;
  }
}
