import { GraphQLError } from 'graphql';
import type { Audience } from './document-limits.ts';

/** Far above what pages and people send: a name, a code, a filter. */
const most: Readonly<Record<Audience, VariableLimits>> = {
  anonymous: { values: 20, characters: 1_000 },
  authenticated: { values: 50, characters: 4_000 },
};

interface VariableLimits {
  readonly values: number;
  /** Of all texts and names in them. */
  readonly characters: number;
}

/**
 * What there is too much of in the variables of a request, if anything: each error about one of them repeats it as a
 * whole.
 */
export function findVariableExcess(variables: unknown, audience: Audience): GraphQLError | undefined {
  const limits = most[audience];
  let values = 0;
  let characters = 0;
  const pending = [variables];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') characters += value.length;
    if (typeof value === 'object' && value !== null) {
      const names = Object.keys(value);
      values += names.length;
      if (values > limits.values) return excess(`${limits.values} values`);
      if (!Array.isArray(value)) characters += names.join('').length;
      pending.push(...Object.values(value));
    }
    if (characters > limits.characters) return excess(`${limits.characters} characters`);
  }
  return undefined;
}

function excess(what: string): GraphQLError {
  return new GraphQLError(`The variables have more than ${what}. Send less at once.`, {
    extensions: { code: 'too_many_variables' },
  });
}
