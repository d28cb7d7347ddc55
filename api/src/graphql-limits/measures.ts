// How much a document asks for. Fragments count wherever they are spread, each measured once; one that is spread within
// itself ends there, and the rules of GraphQL refuse it.

import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** Of a page whose size is a variable: the largest that there is. */
const assumedPageSize = 100;

/** How many fields lie within each other at most. */
export function depthOf(document: DocumentNode): number {
  return measure(document, Math.max, (_field, inner) => 1 + inner);
}

/** How many fields there are once every fragment stands where it is spread. */
export function fieldsOf(document: DocumentNode): number {
  return measure(document, add, (_field, inner) => 1 + inner);
}

/** How many values are asked for: fields within a page count for each of its entries. */
export function costOf(document: DocumentNode): number {
  return measure(document, add, (field, inner) => 1 + pageSizeOf(field) * inner);
}

export function aliasesOf(document: DocumentNode): number {
  return count(document, (node) => node.kind === Kind.FIELD && node.alias !== undefined);
}

export function directivesOf(document: DocumentNode): number {
  return count(document, ({ kind }) => kind === Kind.DIRECTIVE);
}

/** How many times fragments are spread, as written. */
export function spreadsOf(document: DocumentNode): number {
  return count(document, ({ kind }) => kind === Kind.FRAGMENT_SPREAD);
}

export function operationsOf({ definitions }: DocumentNode): number {
  return definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
}

function count(document: DocumentNode, counts: (node: ASTNode) => boolean): number {
  let total = 0;
  visit(document, {
    enter(node) {
      if (counts(node)) total++;
    },
  });
  return total;
}

function add(a: number, b: number): number {
  return a + b;
}

/** The largest value that an operation of `document` has, folded from its innermost fields outwards. */
function measure(
  { definitions }: DocumentNode,
  join: (a: number, b: number) => number,
  ofField: (field: FieldNode, inner: number) => number,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, number>();

  const ofSelections = (set: SelectionSetNode | undefined): number =>
    (set?.selections ?? []).reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD)
        return join(sum, ofField(selection, ofSelections(selection.selectionSet)));
      if (selection.kind === Kind.INLINE_FRAGMENT) return join(sum, ofSelections(selection.selectionSet));
      return join(sum, ofFragment(selection.name.value));
    }, 0);

  const ofFragment = (name: string): number => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, 0);
    const result = ofSelections(fragments.get(name)?.selectionSet);
    measured.set(name, result);
    return result;
  };

  const sizes = definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? ofSelections(definition.selectionSet) : 0,
  );
  return Math.max(0, ...sizes);
}

/** By the argument that asks for one (`first`, `last`); everything else counts once. */
function pageSizeOf({ arguments: given = [] }: FieldNode): number {
  const size = given.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  if (size?.kind === Kind.INT) return Math.max(1, Number(size.value));
  return size?.kind === Kind.VARIABLE ? assumedPageSize : 1;
}
