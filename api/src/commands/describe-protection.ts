import { printable } from '../printable.ts';
import type { SecretsProtection } from '../secrets/secrets-store.ts';

/** What protects the secrets, in lines for the terminal. */
export function describeProtection({ format, keyId, keySource, keyLocation }: SecretsProtection): string {
  return [
    `Key source  ${keySource}${keyLocation === undefined ? '' : ` (${printable(keyLocation)})`}`,
    `Data key    ${keyId}`,
    `Format      ${format}`,
  ].join('\n');
}
