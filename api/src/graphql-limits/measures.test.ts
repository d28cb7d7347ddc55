import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { aliasesOf, costOf, depthOf, directivesOf, fieldsOf, operationsOf, spreadsOf } from './measures.ts';

const measured = (text: string) => {
  const document = parse(text);
  return {
    depth: depthOf(document),
    fields: fieldsOf(document),
    cost: costOf(document),
    aliases: aliasesOf(document),
    directives: directivesOf(document),
    spreads: spreadsOf(document),
    operations: operationsOf(document),
  };
};

test('fragments count where they are spread', () => {
  expect(
    measured(`
      query ($on: Boolean!) @live { a { ...f ... @include(if: $on) { x: b } } ...g }
      fragment f on A { c { ...h ...h } }
      fragment g on Q { a { c } }
      fragment h on C { d e }
    `),
  ).toEqual({ depth: 3, fields: 9, cost: 9, aliases: 1, directives: 2, spreads: 4, operations: 1 });
});

test('a page multiplies what it holds, by its size or the largest', () => {
  expect(measured('{ list(first: 50) { edges { node { id } } } }').cost).toBe(151);
  expect(measured('query ($n: Int) { list(last: $n) { id } }').cost).toBe(101);
  expect(measured('{ a(first: 10) { b(first: 10) { c(first: 10) { id } } } }').cost).toBe(1_111);
  expect(measured('{ list(first: -5) { id } other(size: 9) { id } }').cost).toBe(4);
});

test('the largest operation counts, not their sum', () => {
  expect(measured('query a { x } query b { x { y } } query c { x y }')).toMatchObject({
    depth: 2,
    fields: 2,
    operations: 3,
  });
});

test('fragments within themselves and missing ones end', () => {
  expect(
    measured('{ ...f ...missing } fragment f on Q { a { ...g } } fragment g on A { b { ...f } }'),
  ).toMatchObject({
    depth: 2,
    fields: 2,
  });
});

test('fragments that double each time are measured once each', () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `fragment f${i} on Q { ...f${i + 1} ...f${i + 1} }`);
  expect(measured(`{ ...f0 } ${doubling.join(' ')} fragment f40 on Q { a }`).fields).toBe(2 ** 40);
});
