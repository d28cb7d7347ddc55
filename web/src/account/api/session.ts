import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';
import { forgetPageKey } from './page-key.ts';

/** Who is signed in. */
export interface Account {
  id: string;
  name: string;
  email: string;
}

/** The signed-in account; null when nobody is. Asked again when the person comes back to this tab. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Account | null> => {
    const session = await cloudRequest<{ user: Account } | null>('/api/auth/get-session', { signal });
    if (!session) return null;
    const { id, name, email } = session.user;
    return { id, name, email };
  },
  staleTime: 10_000,
  retry: retryUnreachable,
});

export interface SignInFields {
  email: string;
  password: string;
}

export interface SignUpFields extends SignInFields {
  name: string;
  /** The token of an invitation, where one is needed. */
  invite?: string | undefined;
}

/** Bounds that the cloud sets for passwords, in characters. */
export const PASSWORD_LENGTH = { min: 12, max: 128 } as const;

/** Where somebody stands after one step: in, or waiting for the code of an authenticator app, or for a mail. */
export type EntryStep = 'entered' | 'second_factor' | 'mail';

/** @throws {CloudError} `INVALID_EMAIL_OR_PASSWORD`, `too_many_requests`, … */
export async function signIn({ email, password }: SignInFields): Promise<EntryStep> {
  const answer = await cloudRequest<{ second_factor_required?: boolean }>('/api/auth/sign-in/email', {
    body: { email, password },
  });
  return answer.second_factor_required ? 'second_factor' : 'entered';
}

/** The second step of a sign-in. @throws {CloudError} `WRONG_CODE`, `SIGN_IN_EXPIRED`, `too_many_requests` */
export async function signInWithCode(code: string): Promise<EntryStep> {
  await cloudRequest('/api/auth/sign-in/second-factor', { body: { code } });
  return 'entered';
}

/** Creates an account, and signs in where its address need not be confirmed first. @throws {CloudError} `USER_ALREADY_EXISTS…`, `PASSWORD_TOO_WEAK`, … */
export async function signUp({ name, email, password, invite }: SignUpFields): Promise<EntryStep> {
  const { token } = await cloudRequest<{ token: string | null }>('/api/auth/sign-up/email', {
    body: { name, email, password, invite },
  });
  return token === null ? 'mail' : 'entered';
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await cloudRequest('/api/auth/sign-out', { body: {} });
  forgetPageKey();
}
