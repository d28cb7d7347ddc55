import * as fc from 'fast-check';

interface Edit {
  readonly kind: 'replace' | 'insert' | 'remove' | 'repeat' | 'swap' | 'change-case' | 'truncate';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** Characters as a header can bring them: one byte each, of which Node.js lets no control characters through. */
export const headerText = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 64 }),
  fc.string({
    unit: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 8,
  }),
  fc.constantFrom(' ', '\t', ',', ';', '.', '..', '=', '"', ':', '@', '/', '\\', '%00', '\0', '*', 'null'),
);

/** Texts that one to four small edits make of `original`, and never itself. */
export function mutantsOf(original: string): fc.Arbitrary<string> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom('replace', 'insert', 'remove', 'repeat', 'swap', 'change-case', 'truncate'),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 6 }),
    text: headerText,
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) => edits.reduce(apply, original))
    .filter((mutant) => mutant !== original);
}

function apply(text: string, { kind, at, length, text: other }: Edit): string {
  const start = at % (text.length + 1);
  const [before, piece, after] = [
    text.slice(0, start),
    text.slice(start, start + length),
    text.slice(start + length),
  ];
  switch (kind) {
    case 'replace':
      return before + other + after;
    case 'insert':
      return before + other + piece + after;
    case 'remove':
      return before + after;
    case 'repeat':
      return before + piece + piece + after;
    case 'swap':
      return before + [...piece].toReversed().join('') + after;
    case 'change-case':
      return before + (piece === piece.toUpperCase() ? piece.toLowerCase() : piece.toUpperCase()) + after;
    case 'truncate':
      return before;
  }
}
