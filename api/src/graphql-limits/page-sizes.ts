import { type GraphQLSchema, isObjectType } from 'graphql';

/** The arguments that ask for a page of so many. */
export const pageArguments: ReadonlySet<string> = new Set(['first', 'last']);

/** How many entries a page has when nobody says how many, by the name of the field. */
export type DefaultPageSizes = ReadonlyMap<string, number>;

export function defaultPageSizesOf(schema: GraphQLSchema): DefaultPageSizes {
  const sizes = new Map<string, number>();
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const { name, args } of Object.values(type.getFields())) {
      const size = args.find((argument) => pageArguments.has(argument.name))?.defaultValue;
      if (typeof size === 'number') sizes.set(name, Math.max(size, sizes.get(name) ?? 1));
    }
  }
  return sizes;
}
