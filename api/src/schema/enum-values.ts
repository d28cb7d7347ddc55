/** The values of a GraphQL enum, each with the name by which the rest of the instance knows it. */
export function enumValues<Name extends string>(
  names: readonly Name[],
  descriptions: Readonly<Record<Name, string>>,
): Record<Name, { value: Name; description: string }> {
  return Object.fromEntries(
    names.map((name) => [name, { value: name, description: descriptions[name] }]),
  ) as Record<Name, { value: Name; description: string }>;
}
