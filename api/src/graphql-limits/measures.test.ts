import { parse } from 'graphql';
import { expect, test } from 'vitest';
import {
  aliasesOf,
  costOf,
  depthOf,
  directivesOf,
  fieldsOf,
  introspectionsOf,
  operationsOf,
  repetitionsOf,
  spreadsOf,
} from './measures.ts';

const measured = (text: string) => {
  const document = parse(text);
  return {
    depth: depthOf(document),
    fields: fieldsOf(document),
    cost: costOf(document, new Map([['pages', 50]])),
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
  ).toEqual({ depth: 3, fields: 9, cost: 9, aliases: 1, directives: 2, spreads: 5, operations: 1 });
});

test('a page multiplies what it holds, by its size or the largest', () => {
  expect(measured('{ list(first: 50) { edges { node { id } } } }').cost).toBe(151);
  expect(measured('query ($n: Int) { list(last: $n) { id } }').cost).toBe(101);
  expect(measured('{ a(first: 10) { b(first: 10) { c(first: 10) { id } } } }').cost).toBe(1_111);
  expect(measured('{ list(first: -5) { id } other(size: 9) { id } }').cost).toBe(4);
  expect(measured('{ pages(after: "x") { id } }').cost).toBe(51);
  expect(measured('{ pages(first: 10) { id } }').cost).toBe(11);
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

test('fragments that nobody spreads are measured too, each of one name', () => {
  expect(measured('{ a } fragment f on Q { b { c } d }').fields).toBe(3);
  expect(measured('{ ...f } fragment f on Q { b { c } d } fragment f on Q { a }').fields).toBe(3);
});

const repetitions = (text: string) => repetitionsOf(parse(text));

test('fields of one name in one place make pairs, whatever leads there', () => {
  expect(repetitions('{ a b c: a d { a } e { a } }')).toBe(0);
  expect(repetitions('{ a a a ... { a } }')).toBe(6);
  expect(repetitions('{ a: b a: c }')).toBe(1);
  // One pair of "a", and of what is in them three of "b".
  expect(repetitions('{ a { b } a { b b } }')).toBe(4);
  expect(repetitions('{ a { ...f } a { ...g } } fragment f on A { b } fragment g on A { b }')).toBe(2);
  expect(repetitions('query q { a a } query r { a a } fragment f on Q { a a a }')).toBe(5);
});

test('a fragment is merged once in one place, however often it is spread', () => {
  expect(repetitions('{ ...f ...f ...f } fragment f on Q { a b }')).toBe(0);
  expect(repetitions('{ a { ...f } a { ...f } } fragment f on A { b }')).toBe(1);
});

test('among fragments in circles the pairs are finite or too many to count', () => {
  expect(repetitions('{ ...f } fragment f on Q { a { ...f } a { b } }')).toBe(2);
  const each = Array.from({ length: 9 }, (_, i) => `x${i} { ...f${i} }`).join(' ');
  const all = Array.from({ length: 9 }, (_, i) => `fragment f${i} on Q { ${each} }`).join(' ');
  expect(repetitions(`{ ...f0 } ${all}`)).toBe(Number.POSITIVE_INFINITY);
});

test('looks at the schema count, in fragments too', () => {
  const looks = (text: string) => introspectionsOf(parse(text));
  expect(looks('{ a: __schema { x } ...f ...f schema } fragment f on Q { __type(name: "A") { y } }')).toBe(3);
  expect(looks('{ a } fragment f on Q { b { __schema { x } } }')).toBe(1);
});
