import { expect, test } from 'vitest';
import { numberArray, textArray } from './array-literal';
import type { Queryable, SqlValue } from './database';
import { describeOnEachDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';

const U64_MAX = '18446744073709551615';

const run = (db: Queryable, text: string, values?: readonly SqlValue[]) =>
  db.query({ name: 'test', deadline: 'write', text }, values);

describeOnEachDatabase('values', (open) => {
  test.each([
    ['text', '\'née "x" \\ 𝔘\'::text', 'née "x" \\ 𝔘'],
    ['an empty text', "''::text", ''],
    ['int8 as text', '9223372036854775807::int8', '9223372036854775807'],
    ['a small int8 as text as well', '1::int8', '1'],
    ['numeric as text', `${U64_MAX}::numeric(20)`, U64_MAX],
    ['numeric with its scale', '1.50::numeric', '1.50'],
    ['int4 as a number', '2147483647::int4', 2147483647],
    ['int2 as a number', '-7::int2', -7],
    ['float8 as a number', '0.1::float8', 0.1],
    ['float4 as a number', '1.5::float4', 1.5],
    ['not a number', "'NaN'::float8", Number.NaN],
    ['true', 'true', true],
    ['false', 'false', false],
    [
      'json as it was written',
      `'{"b": 1,  "a":18446744073709551615}'::json`,
      '{"b": 1,  "a":18446744073709551615}',
    ],
    [
      'jsonb in its own text',
      `'{"b": 1,  "a":18446744073709551615.10}'::jsonb`,
      '{"a": 18446744073709551615.10, "b": 1}',
    ],
    ['timestamptz as text in UTC', "'2026-03-29 01:59:59.123+01'::timestamptz", '2026-03-29 00:59:59.123+00'],
    [
      'a time far beyond a Date',
      "'287396-10-12 08:59:00.991+00'::timestamptz",
      '287396-10-12 08:59:00.991+00',
    ],
    ['timestamp as text', "'2026-01-01 00:00:00'::timestamp", '2026-01-01 00:00:00'],
    ['date as text', "'2026-01-01'::date", '2026-01-01'],
    ['bytea as text', "'\\xdead'::bytea", '\\xdead'],
    ['an array as its literal', 'ARRAY[1, NULL, 3]::int8[]', '{1,NULL,3}'],
    ['null', 'NULL::int8', null],
    ['a null of any type', 'NULL::jsonb', null],
  ] as const)('come back: %s', async (_, expression, expected) => {
    const db = await open();
    expect((await run(db, `SELECT ${expression} AS value`)).rows).toEqual([{ value: expected }]);
  });

  test('go in as text, numbers, truth values and null', async () => {
    const db = await open();
    const { rows } = await run(
      db,
      'SELECT $1::numeric AS u64, $2::int4 AS int, $3::bool AS yes, $4::text AS none, $5::jsonb AS json, $6::float8 AS part',
      [U64_MAX, 42, true, null, `{"big": ${U64_MAX}}`, 0.1],
    );
    expect(rows).toEqual([
      { u64: U64_MAX, int: 42, yes: true, none: null, json: `{"big": ${U64_MAX}}`, part: 0.1 },
    ]);
  });

  test('go in to where the type is known from the column alone', async () => {
    const db = await open();
    await run(
      db,
      "INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq) VALUES ($1, 'mint', $2, 0, $3, 1, 1)",
      ['a', U64_MAX, 0],
    );
    await run(
      db,
      `INSERT INTO account_updates (seq, account_id, slot, version, run_id, record_index, position, account_type, tokens,
        data, callback_time_ms, at_ms) VALUES (1, $1, 0, 0, 1, 0, 0, 'mint', 0, $2, 0, 0)`,
      ['a', '"text"'],
    );
    expect((await run(db, 'SELECT id, tokens, version FROM accounts')).rows).toEqual([
      { id: 'a', tokens: U64_MAX, version: '0' },
    ]);
    expect((await run(db, 'SELECT data FROM account_updates')).rows).toEqual([{ data: '"text"' }]);
  });

  test('of a hundred thousand rows come back in order', async () => {
    const db = await open();
    const given = Array.from({ length: 100_000 }, (_, index) => `${BigInt(U64_MAX) - BigInt(index)}`);
    const { rows } = await db.query<{ n: string; word: string }>(
      {
        name: 'big_batch',
        deadline: 'read',
        text: `
          SELECT n, word FROM unnest($1::numeric[], $2::text[]) WITH ORDINALITY AS given (n, word, place)
          ORDER BY place`,
      },
      [numberArray(given), textArray(given.map((n) => `"${n}"`))],
    );
    expect(rows).toHaveLength(given.length);
    expect(rows.every((row, index) => row.n === given[index] && row.word === `"${given[index]}"`)).toBe(true);
  });

  test('are in UTC, under the schema of the program', async () => {
    const db = await open();
    const { rows } = await run(db, "SELECT current_setting('TimeZone') AS zone, current_schema() AS schema");
    expect(rows).toEqual([{ zone: 'UTC', schema: 'ingot' }]);
  });
});

describeOnEachDatabase('a statement', (open) => {
  test('says how many rows it changed, and that reading changes none', async () => {
    const db = await open();
    await run(db, 'CREATE TEMP TABLE counted (n int)');
    const inserted = await run(db, 'INSERT INTO counted SELECT generate_series(1, 5)');
    const updated = await run(db, 'UPDATE counted SET n = n + 10 WHERE n > 2 RETURNING n');
    const read = await run(db, 'SELECT n FROM counted ORDER BY n');
    const none = await run(db, 'DELETE FROM counted WHERE n = 99');
    await run(db, 'DROP TABLE counted');
    expect(
      [inserted, updated, read, none].map((result) => [result.rows.length, result.affectedRows]),
    ).toEqual([
      [0, 5],
      [3, 3],
      [5, 0],
      [0, 0],
    ]);
  });

  test('is one: a second one in the same text is refused', async () => {
    const db = await open();
    expect(await failureOf(run(db, 'SELECT 1; SELECT 2'))).toMatchObject({ code: 'database_error' });
  });

  test.each([
    [
      'a broken unique key',
      "INSERT INTO rejects (run_id, record_index, position, at_ms, field, reason, excerpt) SELECT 1, 1, 1, 1, $1, '', '' FROM generate_series(1, 2)",
      '23505',
      'rejects_pkey',
    ],
    [
      'a broken check',
      "INSERT INTO runs (source, settings, state, clock) VALUES ($1, '{}', 'nonsense', '{}')",
      '23514',
      'runs',
    ],
    [
      'a missing value',
      "INSERT INTO accounts (id, account_type, version) VALUES ($1, 'mint', 1)",
      '23502',
      'tokens',
    ],
    ['a value of the wrong form', 'SELECT $1::int8', '22P02', 'wrong form'],
    ['broken JSON', 'SELECT $1::jsonb', '22P02', 'wrong form'],
    [
      'an error raised by SQL code',
      "SELECT 1 / (length($1::text) - length('secret-value-1'))",
      '22012',
      'division by zero',
    ],
    ['a table that is not there', 'SELECT $1::text FROM nowhere', '42P01', 'nowhere'],
  ])('refused for %s names itself and the SQLSTATE, and no value', async (_, text, sqlstate, words) => {
    const db = await open();
    const error = await failureOf(
      db.query({ name: 'insert_something', deadline: 'write', text }, ['secret-value-1']),
    );
    expect(error).toMatchObject({
      code: 'database_error',
      details: { sqlstate, statement: 'insert_something' },
    });
    expect(error.message).toContain('insert_something');
    expect(error.message).toContain(words);
    expect(JSON.stringify([error.message, error.details, error.cause, error.stack])).not.toContain(
      'secret-value-1',
    );
  });

  test('refused leaves the database as usable as it was', async () => {
    const db = await open();
    await failureOf(run(db, 'SELECT 1 / 0'));
    expect((await run(db, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('many at once all come back, each with its own answer', async () => {
    const db = await open();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => run(db, 'SELECT $1::int4 AS n', [n])),
    );
    expect(answers.map((answer) => answer.rows)).toEqual(answers.map((_, n) => [{ n }]));
  });
});

describeOnEachDatabase('a script', (open) => {
  test('runs all of its statements', async () => {
    const db = await open();
    await db.executeScript('make', 'CREATE TABLE scripted (n int); INSERT INTO scripted VALUES (1), (2);');
    const { rows } = await run(db, 'SELECT n FROM scripted ORDER BY n');
    await db.executeScript('drop', 'DROP TABLE scripted');
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('that fails leaves nothing behind, and says which it was', async () => {
    const db = await open();
    const error = await failureOf(db.executeScript('half_way', 'CREATE TABLE half (n int); SELECT 1 / 0;'));
    expect(error).toMatchObject({
      code: 'database_error',
      details: { sqlstate: '22012', statement: 'half_way' },
    });
    expect((await run(db, "SELECT to_regclass('half') AS found")).rows).toEqual([{ found: null }]);
  });
});
