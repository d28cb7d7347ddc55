import { GraphQLError } from 'graphql';
import type { Role } from '../access/roles.ts';

/** The request carries no token, and what it asks for needs one. */
export function unauthenticatedError(): GraphQLError {
  return new GraphQLError('Sign in first: without an access token an instance shows only its public part.', {
    extensions: {
      code: 'unauthenticated',
      // `spec: false` makes Yoga keep the status for a validation error too. Whoever answers adds the challenge, which
      // depends on the request: validation errors are remembered.
      http: { spec: false, status: 401 },
    },
  });
}

/** The token is good, but nobody may use an instance without an owner. */
export function unclaimedError(): GraphQLError {
  return new GraphQLError(
    'This instance has no owner yet. Claim it first, with the claim code from its terminal.',
    {
      extensions: { code: 'unclaimed', http: { status: 403 } },
    },
  );
}

/** The token is good, and the role in it is too little. */
export function forbiddenError(role: Role): GraphQLError {
  return new GraphQLError(
    `Your role in the workspace of this instance is ${role}, which does not allow this. Ask an owner of the workspace for another role.`,
    { extensions: { code: 'forbidden', http: { status: 403 } } },
  );
}

/** An argument is of the right type and makes no sense all the same. */
export function invalidArgumentError(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'invalid_argument' } });
}
