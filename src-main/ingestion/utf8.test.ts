import { isUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { cutCodePoints, isLongerThan, utf8SequenceEnd } from './utf8';

/** Bytes at and around every bound for the second byte and later. */
const NEXT = [0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];

test('takes exactly the sequences that Node takes for UTF-8', () => {
  const wrong: string[] = [];
  for (let lead = 0x80; lead <= 0xff; lead++) {
    for (const second of NEXT) {
      for (const third of NEXT) {
        for (const fourth of NEXT) {
          const bytes = Buffer.from([lead, second, third, fourth]);
          const end = utf8SequenceEnd(bytes, 0);
          const sound = [2, 3, 4].find((length) => isUtf8(bytes.subarray(0, length)));
          // A shorter sequence followed by ASCII is valid too; the first length found is the sequence's own.
          if ((end < 0 ? undefined : end) !== sound)
            wrong.push(`${bytes.toString('hex')}: ${end}, not ${sound}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('says which byte does not fit', () => {
  expect(~utf8SequenceEnd(Buffer.from([0xff]), 0)).toBe(0);
  expect(~utf8SequenceEnd(Buffer.from([0xe2, 0x82, 0x22]), 0)).toBe(2);
  expect(~utf8SequenceEnd(Buffer.from([0xf0, 0x8f, 0x80, 0x80]), 0)).toBe(1);
  expect(~utf8SequenceEnd(Buffer.from([0xe2, 0x82]), 0)).toBe(2);
});

test('lengths are counted in characters, not in UTF-16 units', () => {
  expect(isLongerThan('😀😀', 2)).toBe(false);
  expect(isLongerThan('😀😀a', 2)).toBe(true);
  expect(isLongerThan('abc', 2)).toBe(true);
  expect(cutCodePoints('a😀b', 2)).toBe('a😀');
  expect(cutCodePoints('ab', 2)).toBe('ab');
});
