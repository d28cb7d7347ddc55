import './account.ts';
import './audit.ts';
import './claim-instance.ts';
import './cloud.ts';
import './instance.ts';
import './notice.ts';
import './page-info.ts';
import './rename-instance.ts';
import './sessions.ts';
import './secrets-protection.ts';
import './viewer.ts';
import './workspace.ts';
import type { GraphQLSchema } from 'graphql';
import { once } from '../once.ts';
import { builder } from './builder.ts';
import { confirmChanges } from './confirmed-changes.ts';

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});

/** The schema of every instance. */
// In the order of the code: to sort it takes longer than all the rest.
export const schemaOfInstances: () => GraphQLSchema = once(() =>
  confirmChanges(builder.toSchema({ sortSchema: false })),
);
