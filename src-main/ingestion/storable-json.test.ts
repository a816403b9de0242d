import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findUnstorable } from './storable-json';

const nines = (count: number) => '9'.repeat(count);

// Each was also tried on Postgres 18, which accepts and refuses the same ones.
test.each([
  ['1e131071', undefined],
  ['1e131072', 'number'],
  ['0.1e131072', undefined],
  ['0.01e131074', 'number'],
  ['100e-16383', undefined],
  ['100e-16385', 'number'],
  ['1.5e-16382', undefined],
  ['1.5e-16383', 'number'],
  [nines(131_072), undefined],
  [nines(131_073), 'number'],
  [`0.${nines(16_383)}`, undefined],
  [`0.${nines(16_384)}`, 'number'],
  [`-1.${'0'.repeat(16_384)}`, 'number'],
  ['0e999999', undefined],
  ['0e99999999999', 'number'],
  ['0e-16384', 'number'],
  ['1e99999999999999999999', 'number'],
  ['-0', undefined],
  ['-1E+400', undefined],
  ['"\\u0000"', 'nul'],
  ['"\\\\u0000"', undefined],
  ['"\\\\\\u0000"', 'nul'],
  ['{"\\u0000":1}', 'nul'],
  ['"\\ud83d\\ude00"', undefined],
  ['"\\ud83d\\ud83d\\ude00"', 'surrogate'],
  ['"\\ude00\\ud83d"', 'surrogate'],
  ['"1e131072"', undefined],
  ['["\\"", 1e131072]', 'number'],
])('%s', (json, found) => {
  expect(findUnstorable(json)).toBe(found);
});

test('numbers that are short here and long in the database count as long as they are there', () => {
  expect(findUnstorable(`[${Array(128).fill('1e131071').join()}]`)).toBeUndefined();
  expect(findUnstorable(`[${Array(129).fill('1e131071').join()}]`)).toBe('expanded');
});

test('finds exactly the strings that UTF-8 text without U+0000 cannot hold, wherever they stand', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      let isStorable = true;
      const escaped = JSON.stringify(value).replace(/[^ -~]/gu, (char) =>
        [...Array(char.length).keys()]
          .map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
      );
      JSON.parse(escaped, (key, member) => {
        for (const text of [key, member]) {
          if (typeof text === 'string' && (text.includes('\0') || Buffer.from(text).toString() !== text)) {
            isStorable = false;
          }
        }
        return member;
      });
      const found = findUnstorable(escaped);
      expect(found === undefined || found === 'number').toBe(isStorable);
    }),
    { numRuns: 2000 },
  );
});
