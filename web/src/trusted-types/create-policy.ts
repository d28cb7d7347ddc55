/** How a policy turns what it is given into what the browser accepts; undefined refuses it. */
export interface PolicyRules {
  readonly createHTML?: (input: string) => string | undefined;
  readonly createScriptURL?: (input: string) => string | undefined;
}

/** A policy as the browser made it. Its results are objects that TypeScript does not know yet; they pass for strings. */
export interface Policy {
  createHTML(input: string): string;
  createScriptURL(input: string): string;
}

/** As much of the API as is used. */
interface PolicyFactory {
  createPolicy(name: string, rules: PolicyRules): Policy;
}

/**
 * Creates a Trusted Types policy. Its name must be on the list that the server's `Content-Security-Policy` allows. Where
 * a browser knows no such policies, the rules alone hold.
 *
 * @see {@link https://www.w3.org/TR/trusted-types/ Trusted Types}
 */
export function createPolicy(name: string, rules: PolicyRules): Policy {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  if (trustedTypes) return trustedTypes.createPolicy(name, rules);
  return {
    createHTML: (input) => rules.createHTML?.(input) ?? '',
    createScriptURL: (input) => rules.createScriptURL?.(input) ?? '',
  };
}
