import { InvalidClientMetadata } from 'oidc-provider/lib/helpers/errors.js';
import { maximumNameLength, parseInstanceName } from '../instances/instance-name.ts';

type Judge = (value: unknown) => string | undefined;

/**
 * Who registers is a stranger, so the server fixes what a client may be (RFC 7591 section 5): one that gets an
 * instance token by client credentials and nothing else. URIs are refused because nothing here would ever fetch them
 * on purpose. Each judge returns what is wrong with a value.
 */
const judges: Readonly<Record<string, Judge>> = {
  client_name: (value) =>
    typeof value === 'string' && parseInstanceName(value) !== undefined
      ? undefined
      : `must be 1 to ${maximumNameLength} characters that can be seen`,
  grant_types: exactly(['client_credentials']),
  response_types: exactly([]),
  redirect_uris: exactly([]),
  token_endpoint_auth_method: (value) =>
    value === 'client_secret_basic' ? undefined : 'must be client_secret_basic',
  software_id: shortText,
  software_version: shortText,
};

/**
 * Checks a client registration request (RFC 7591 section 2).
 *
 * @throws {InvalidClientMetadata} naming the first member that is not accepted
 */
export function assertRegistrationPolicy(metadata: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(metadata)) {
    const judge = Object.hasOwn(judges, name) ? judges[name] : undefined;
    const complaint = judge ? judge(value) : 'is not accepted by this server';
    if (complaint !== undefined)
      throw new InvalidClientMetadata(`client metadata ${printable(name)} ${complaint}`);
  }
}

function exactly(expected: readonly string[]): Judge {
  const wanted = expected.length === 0 ? 'must be empty' : `must be exactly ${JSON.stringify(expected)}`;
  return (value) => (JSON.stringify(value) === JSON.stringify(expected) ? undefined : wanted);
}

function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7e]{1,64}$/.test(value)
    ? undefined
    : 'must be 1 to 64 printable ASCII characters';
}

function printable(name: string): string {
  return name.replace(/[^\w.-]/g, '?').slice(0, 64);
}
