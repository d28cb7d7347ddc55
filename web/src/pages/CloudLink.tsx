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

/** The way to the cloud's page where people end their own sessions; nothing for a cloud that a sign-in would not trust. */
export function EndAtCloudLink({ issuer }: { issuer: string }) {
  if (!isTrustworthy(issuer)) return null;
  return (
    <Anchor href={`${issuer.replace(/\/$/, '')}/security`} target="_blank" rel="noopener" size="sm">
      End it at your cloud
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
