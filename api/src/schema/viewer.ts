import type { Role } from '../access/roles.ts';
import { type AccessTokenClaims, accountOf } from '../access/token-verification.ts';
import type { Requester } from '../requester.ts';
import { builder } from './builder.ts';
import type { GraphQLContext } from './context.ts';
import { unauthenticatedError } from './errors.ts';
import { authenticated } from './scopes.ts';

const RoleEnum = builder.enumType('Role', {
  description: 'What somebody may do, from the least to the most; each may do what those before it may.',
  values: {
    VIEWER: { value: 'viewer', description: 'See the instance.' },
    MEMBER: { value: 'member', description: 'See the audit log and the sessions.' },
    ADMIN: {
      value: 'admin',
      description: 'Claim and rename instances, and see where they and their keys lie.',
    },
    OWNER: { value: 'owner', description: 'Everything.' },
  } as const satisfies Record<Uppercase<Role>, { value: Role; description: string }>,
});

builder.objectType('Viewer', {
  authScopes: authenticated,
  description: 'The person whose access token came with the request.',
  fields: (t) => ({
    id: t.exposeID('sub', { description: 'The account at the cloud.' }),
    email: t.exposeString('email'),
    name: t.exposeString('name'),
    workspace: t.field({
      type: 'Workspace',
      description: 'The workspace in whose name the person uses this instance.',
      resolve: ({ workspace, workspaceName }) => ({ id: workspace, name: workspaceName }),
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The role in that workspace.' }),
    claimTriesLeft: t.int({
      nullable: true,
      description:
        'How many more wrong claim codes of that workspace are judged until the next restart: with 0 even the right one is refused. Null once the instance is claimed.',
      resolve: ({ workspace }, _arguments, { instance }) => instance.claimTriesLeft(workspace),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: 'Viewer',
    description: 'Who is signed in. Needs a valid access token.',
    authScopes: authenticated,
    resolve: (_root, _arguments, context) => claimsOf(context),
  }),
);

/** The claims of the request's token. @throws GraphQLError `unauthenticated` */
export function claimsOf({ access }: GraphQLContext): AccessTokenClaims {
  if (access.kind === 'anonymous') throw unauthenticatedError();
  return access.claims;
}

/** Who sent the request. @throws GraphQLError `unauthenticated` */
export function requesterOf(context: GraphQLContext): Requester {
  return { account: accountOf(claimsOf(context)), source: context.source };
}
