import fc from 'fast-check';
import { expect, test } from 'vitest';
import { booleanArray, numberArray, textArray } from './array-literal';
import type { Statement } from './database';
import { describeOnEachDatabase } from './testing/each-database';

/** Postgres stores neither NUL nor half of a surrogate pair. */
const storable = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', ''));
const hostile = fc.constantFrom(
  '',
  'NULL',
  'null',
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  ',',
  ' ',
  '\n',
  '\r\n',
  '\t',
  "'",
  '{"a": "b\\n"}',
  '𝔘é\u2028',
);

const unnest = (type: string): Statement => ({
  name: `unnest_${type}`,
  deadline: 'read',
  text: `
    SELECT value, value IS NULL AS "isNull" FROM unnest($1::${type}[]) WITH ORDINALITY AS given (value, place)
    ORDER BY place`,
});

describeOnEachDatabase('array literals', (open) => {
  test('bring every text through, null, empty and quoted alike', async () => {
    const db = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(storable, hostile, fc.constant(null))), async (given) => {
        const { rows } = await db.query(unnest('text'), [textArray(given)]);
        expect(rows).toEqual(given.map((value) => ({ value, isNull: value === null })));
      }),
    );
  });

  test('bring JSON through as the text that Postgres makes of it', async () => {
    const db = await open();
    const given = ['{"a": "x\\"y\\\\z\\n"}', '18446744073709551615', '"NULL"', 'null', '[1, {"b": []}]'];
    const { rows } = await db.query<{ value: string }>(unnest('jsonb'), [textArray(given)]);
    expect(rows.map((row) => row.value)).toEqual(given);
  });

  test('bring 64-bit numbers through exactly', async () => {
    const db = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))), async (given) => {
        const { rows } = await db.query<{ value: string | null }>(unnest('numeric'), [numberArray(given)]);
        expect(rows.map((row) => row.value)).toEqual(
          given.map((value) => (value === null ? null : String(value))),
        );
      }),
    );
  });

  test('take numbers, bigints and decimal strings', async () => {
    const db = await open();
    const { rows } = await db.query<{ value: string | null }>(unnest('int8'), [
      numberArray([1, -2n, '9007199254740993', null]),
    ]);
    expect(rows.map((row) => row.value)).toEqual(['1', '-2', '9007199254740993', null]);
  });

  test('bring truth values through', async () => {
    const db = await open();
    const { rows } = await db.query<{ value: boolean | null }>(unnest('bool'), [
      booleanArray([true, false, null]),
    ]);
    expect(rows.map((row) => row.value)).toEqual([true, false, null]);
  });
});
