import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecordEndFinder } from './record-end';
import { cutAt, cuts, valueText } from './testing/source-texts';

/** The piece in which the finder reports the record's end, from 0. */
function findPiece(pieces: readonly Buffer[]): number {
  const finder = createRecordEndFinder();
  finder.reset();
  return pieces.findIndex((piece) => finder.find(piece, 0, piece.length));
}

test('says so with the byte that ends an object, an array or a string, and not before', () => {
  fc.assert(
    fc.property(valueText, cuts, (text, fractions) => {
      const bytes = Buffer.from(text);
      fc.pre('{["'.includes(text.charAt(0)));
      const last = bytes.length - 1;
      expect(findPiece([bytes.subarray(0, last), bytes.subarray(last)])).toBe(1);
      const pieces = cutAt(bytes, fractions).filter((piece) => piece.length > 0);
      expect(findPiece(pieces)).toBe(pieces.length - 1);
    }),
    { numRuns: 2000 },
  );
});

test('says so with the byte after a number or word', () => {
  for (const text of ['0', '-1.5e+10', 'true', 'null']) {
    for (const after of [' ', '\n', ',', ']', '}', '{', '[', '"']) {
      expect(findPiece([Buffer.from(text), Buffer.from(after)])).toBe(1);
    }
  }
});

test('says so when a string holds what no string may, for it is broken', () => {
  expect(findPiece([Buffer.from('{"a":"b'), Buffer.from('\n'), Buffer.from('"}')])).toBe(1);
});
