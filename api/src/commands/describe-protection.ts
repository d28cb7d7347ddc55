import type { SecretsProtection } from '../secrets/secrets-store.ts';

/** What protects the secrets, in lines for the terminal. */
export function describeProtection({ format, keyId, keySource, keyLocation }: SecretsProtection): string {
  return [
    `Key source  ${keySource}${keyLocation === undefined ? '' : ` (${keyLocation})`}`,
    `Data key    ${keyId}`,
    `Format      ${format}`,
  ].join('\n');
}
