import { APIError } from 'better-auth/api';
import { StartupError } from '../errors.ts';
import type { Invites } from './invites.ts';

/** Who may create an account: everybody, whoever has an invitation, or nobody. */
export type SignUpPolicy = (typeof signUpPolicies)[number];

const signUpPolicies = ['open', 'invite', 'closed'] as const;

/** @throws {StartupError} `invalid_configuration` */
export function parseSignUpPolicy(text: string): SignUpPolicy {
  const policy = signUpPolicies.find((known) => known === text.trim());
  if (policy === undefined) {
    throw new StartupError(
      'invalid_configuration',
      `“${text}” is no sign-up policy. Give --sign-up one of ${signUpPolicies.join(', ')}.`,
    );
  }
  return policy;
}

/**
 * Lets somebody sign up, or not. It holds for the first account, too: on a public address somebody else could be faster
 * than whoever set the cloud up.
 *
 * @param body of the request; an invitation is in `invite`
 * @returns what gives the invitation back, if the sign-up fails after all
 * @throws {APIError} 403 `SIGN_UP_CLOSED` or `INVITE_REQUIRED`
 */
export async function admitSignUp(
  policy: SignUpPolicy,
  invites: Invites,
  body: unknown,
): Promise<(() => Promise<void>) | undefined> {
  if (policy === 'open') return undefined;
  if (policy === 'closed') {
    throw new APIError('FORBIDDEN', { code: 'SIGN_UP_CLOSED', message: 'This cloud takes no new accounts.' });
  }
  const { invite } = (body ?? {}) as { invite?: unknown };
  const giveBack = typeof invite === 'string' ? await invites.redeem(invite) : undefined;
  if (!giveBack) {
    throw new APIError('FORBIDDEN', {
      code: 'INVITE_REQUIRED',
      message: 'A new account needs an invitation that is not used up or too old.',
    });
  }
  return giveBack;
}
