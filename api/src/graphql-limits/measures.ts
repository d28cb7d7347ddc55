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
import { type DefaultPageSizes, pageArguments } from './page-sizes.ts';

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
export function costOf(document: DocumentNode, defaultPageSizes: DefaultPageSizes): number {
  return measure(document, add, (field, inner) => 1 + pageSizeOf(field, defaultPageSizes) * inner);
}

export function aliasesOf(document: DocumentNode): number {
  return count(document, (node) => node.kind === Kind.FIELD && node.alias !== undefined);
}

export function directivesOf(document: DocumentNode): number {
  return count(document, ({ kind }) => kind === Kind.DIRECTIVE);
}

/** How many times fragments are spread, as written, those without a name included. */
export function spreadsOf(document: DocumentNode): number {
  return count(document, ({ kind }) => kind === Kind.FRAGMENT_SPREAD || kind === Kind.INLINE_FRAGMENT);
}

/** How many times it is asked for the schema, fragments included. */
export function introspectionsOf(document: DocumentNode): number {
  return measure(document, add, ({ name }, inner) => inner + (introspections.has(name.value) ? 1 : 0));
}

const introspections: ReadonlySet<string> = new Set(['__schema', '__type']);

/**
 * How many pairs of fields would be merged, because they have one name in one place of the answer: GraphQL compares each
 * with each. Within one place a fragment counts once, however often it is spread there. Infinite where there is too much
 * to look at, as among fragments in a circle.
 */
export function repetitionsOf({ definitions }: DocumentNode): number {
  const fragments = fragmentsOf(definitions);
  let seen = 0;

  /** Of all fields in one place, which its selections are about. */
  const pairsIn = (selections: readonly PlacedSelections[]): number => {
    const fields = new Map<string, PlacedSelections[]>();
    const spread = new Set<string>();
    const collect = ({ set, within }: PlacedSelections): void => {
      for (const selection of set?.selections ?? []) {
        seen += 1;
        if (seen > mostSelections) return;
        if (selection.kind === Kind.FIELD) {
          const name = (selection.alias ?? selection.name).value;
          const found = { set: selection.selectionSet, within };
          const sameName = fields.get(name);
          if (sameName) sameName.push(found);
          else fields.set(name, [found]);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          collect({ set: selection.selectionSet, within });
        } else {
          const name = selection.name.value;
          if (spread.has(name) || within.includes(name)) continue;
          spread.add(name);
          collect({ set: fragments.get(name)?.selectionSet, within: [...within, name] });
        }
      }
    };
    selections.forEach(collect);
    return [...fields.values()].reduce((sum, same) => sum + pairsAmong(same.length) + pairsIn(same), 0);
  };

  const pairs = definitions.reduce((sum, definition) => {
    if (definition.kind === Kind.OPERATION_DEFINITION)
      return sum + pairsIn([{ set: definition.selectionSet, within: [] }]);
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      return sum + pairsIn([{ set: definition.selectionSet, within: [definition.name.value] }]);
    return sum;
  }, 0);
  return seen > mostSelections ? Number.POSITIVE_INFINITY : pairs;
}

/** Several times what the limit on fields lets through. */
const mostSelections = 2_500;

interface PlacedSelections {
  readonly set: SelectionSetNode | undefined;
  /** The fragments that they are in: one that is spread within itself ends there. */
  readonly within: readonly string[];
}

function pairsAmong(count: number): number {
  return (count * (count - 1)) / 2;
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

/**
 * The largest value that an operation of `document` has, folded from its innermost fields outwards, or a fragment: those
 * that nobody spreads are judged like the others before they are refused.
 */
function measure(
  { definitions }: DocumentNode,
  join: (a: number, b: number) => number,
  ofField: (field: FieldNode, inner: number) => number,
): number {
  const fragments = fragmentsOf(definitions);
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

  const sizes = definitions.map((definition) => {
    if (definition.kind === Kind.OPERATION_DEFINITION) return ofSelections(definition.selectionSet);
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return 0;
    const { name, selectionSet } = definition;
    // Of several with one name, the others are judged too.
    return fragments.get(name.value) === definition ? ofFragment(name.value) : ofSelections(selectionSet);
  });
  return Math.max(0, ...sizes);
}

function fragmentsOf(definitions: DocumentNode['definitions']): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** By the argument that asks for one, or the size that it has without; everything else counts once. */
function pageSizeOf({ name, arguments: given = [] }: FieldNode, defaultPageSizes: DefaultPageSizes): number {
  const argument = given.find(({ name }) => pageArguments.has(name.value));
  if (!argument) return defaultPageSizes.get(name.value) ?? 1;
  const { value } = argument;
  if (value.kind === Kind.INT) return Math.max(1, Number(value.value));
  return value.kind === Kind.VARIABLE ? assumedPageSize : 1;
}
