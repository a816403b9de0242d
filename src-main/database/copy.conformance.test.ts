import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CopyRows, createCopyRows } from './copy-rows';
import type { Queryable, Statement } from './database';
import { describeOnEachDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';

const make = `CREATE TEMP TABLE copied
  (place int4, whole int8, word text COLLATE "C", amount numeric(20), value jsonb, nothing int4, none int8, missing numeric)`;
const copied: Statement = {
  name: 'copy_values',
  deadline: 'write',
  text: 'COPY copied FROM STDIN (FORMAT binary)',
};
const texts = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.constantFrom(
      '',
      '\\N',
      '\\.',
      '\t',
      'a\nb',
      '\r\n',
      '\\',
      'NULL',
      '𝕏é',
      'é'.repeat(200),
      'a'.repeat(70_000),
    ),
  )
  .map((text) => text.replaceAll('\0', ''));
const wholes = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), 2 ** 54),
);
const amounts = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 9_999n, 10_000n, 10_001n, 100_000_000n, 2n ** 64n - 1n),
);
const values = fc.record({
  place: fc.integer(),
  whole: wholes,
  word: texts,
  amount: amounts,
  value: texts.map((text) => JSON.stringify({ text })),
});

const addReject: Statement = {
  name: 'copy_rejects',
  deadline: 'write',
  text: 'COPY rejects (run_id, record_index, field, reason, excerpt, position, at_ms) FROM STDIN (FORMAT binary)',
};
const rejects = (records: readonly number[], field = '') =>
  rowsOf(7, records, (rows, record) => {
    rows.int8(1);
    rows.int8(record);
    rows.text(field);
    rows.text('b');
    rows.text('');
    rows.int8(3);
    rows.int8(4);
  });

function rowsOf<T>(columns: number, list: readonly T[], write: (rows: CopyRows, item: T) => void) {
  const rows = createCopyRows(columns, 1);
  for (const item of list) {
    rows.row();
    write(rows, item);
  }
  return rows.end();
}

const read = async (db: Queryable, text: string) =>
  (await db.query({ name: 'read', deadline: 'read', text })).rows;

describeOnEachDatabase('copied rows', (open) => {
  test('come out as they went in, whatever their values', async () => {
    const db = await open();
    await db.transaction(async (tx) => {
      await tx.query({ name: 'make', deadline: 'write', text: make });
      await fc.assert(
        fc.asyncProperty(fc.array(values, { minLength: 1 }), async (list) => {
          const rows = rowsOf(8, list, (to, { place, whole, word, amount, value }) => {
            to.int4(place);
            to.int8(whole);
            to.text(word);
            to.numeric(`${amount}`);
            to.jsonb(value);
            to.int4(null);
            to.int8(null);
            to.numeric(null);
          });
          expect(await tx.copy(copied, rows)).toBe(list.length);
          const found = await read(tx, "SELECT *, value ->> 'text' AS value FROM copied ORDER BY ctid");
          expect(found).toEqual(
            list.map(({ place, whole, word, amount, value }) => ({
              place,
              whole: BigInt(whole).toString(),
              word,
              amount: `${amount}`,
              value: JSON.parse(value).text,
              nothing: null,
              none: null,
              missing: null,
            })),
          );
          await tx.query({ name: 'empty', deadline: 'maintenance', text: 'TRUNCATE copied' });
        }),
        { numRuns: 60 },
      );
      await tx.query({ name: 'drop', deadline: 'maintenance', text: 'DROP TABLE copied' });
    });
  });

  test('have defaults in columns that are left out', async () => {
    const db = await open();
    const copyRuns: Statement = {
      name: 'copy_runs',
      deadline: 'write',
      text: 'COPY runs (source, settings, state, clock) FROM STDIN (FORMAT binary)',
    };
    const runs = rowsOf(4, ['a.json'], (rows, source) => {
      rows.text(source);
      rows.jsonb('{}');
      rows.text('stopped');
      rows.jsonb('{}');
    });
    expect(await db.copy(copyRuns, runs)).toBe(1);
    expect(await read(db, 'SELECT failure, counts, started_at IS NOT NULL AS dated FROM runs')).toEqual([
      { failure: null, counts: '{}', dated: true },
    ]);
  });

  test('that are refused leave none behind, and name the statement and no value', async () => {
    const db = await open();
    const field = 'secret-value-1';
    const short = rowsOf(2, [2], (rows, record) => {
      rows.int8(1);
      rows.int8(record);
    });
    const wrongType = rowsOf(7, [2], (rows) => {
      for (let column = 0; column < 7; column += 1) rows.text(field);
    });
    for (const [rows, sqlstate] of [
      [rejects([2, 2], field), '23505'],
      [wrongType, '22P03'],
      [short, '22P04'],
    ] as const) {
      const error = await failureOf(db.copy(addReject, rows));
      expect(error).toMatchObject({
        code: 'database_error',
        details: { sqlstate, statement: 'copy_rejects' },
      });
      expect(JSON.stringify([error.message, error.details, error.cause, error.stack])).not.toContain(field);
    }
    expect(await read(db, 'SELECT * FROM rejects')).toEqual([]);
  });

  test('go the way of their transaction', async () => {
    const db = await open();
    const rolledBack = db.transaction(async (tx) => {
      await tx.copy(addReject, rejects([2]));
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await read(db, 'SELECT * FROM rejects')).toEqual([]);
  });

  test('and statements asked for at once are done in order', async () => {
    const db = await open();
    const count = 'SELECT count(*)::int4 AS rows FROM rejects';
    const counts = await db.transaction((tx) =>
      Promise.all([read(tx, count), tx.copy(addReject, rejects([2, 3])), read(tx, count)]),
    );
    expect(counts).toEqual([[{ rows: 0 }], 2, [{ rows: 2 }]]);
  });
});
