import { defaultFieldResolver, GraphQLError, type GraphQLSchema } from 'graphql';
import type { GraphQLContext } from './context.ts';

/**
 * Lets every mutation of a schema wait until the change is confirmed: at the root fields, where all of them begin. What
 * only reads does not wait, and pays nothing.
 */
export function confirmChanges(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = async (source, args, context: GraphQLContext, info) => {
      await confirm(context);
      return resolve(source, args, context, info);
    };
  }
  return schema;
}

async function confirm({ change }: GraphQLContext): Promise<void> {
  try {
    await change.confirm();
  } catch (error) {
    change.refusal = error;
    // Only ends the execution: the refusal is the answer.
    throw new GraphQLError('The change was not confirmed.');
  }
}
