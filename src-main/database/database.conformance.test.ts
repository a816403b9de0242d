import { expect, test } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { numberArray, textArray } from './array-literal';
import type { Queryable, SqlValue } from './database';
import { describeOnEachDatabase, openEmptyDatabase } from './testing/each-database';

/** What both databases promise: `database.ts`, held to on PGlite and on a Postgres server. */

const U64_MAX = '18446744073709551615';

const run = (db: Queryable, text: string, values?: readonly SqlValue[]) =>
  db.query({ name: 'test', text }, values);

async function failureOf(promise: Promise<unknown>): Promise<IngotError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof IngotError)) throw new Error(`expected an IngotError, got ${String(error)}`);
  return error;
}

/** A promise and the means to keep it. */
function promised(): { promise: Promise<void>; keep: () => void } {
  let keep = () => {};
  const promise = new Promise<void>((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

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
      "INSERT INTO accounts (id, account_type, tokens, version, data) VALUES ($1, 'mint', $2, $3, $4)",
      ['a', U64_MAX, 0, '"text"'],
    );
    expect((await run(db, 'SELECT id, tokens, version, data FROM accounts')).rows).toEqual([
      { id: 'a', tokens: U64_MAX, version: '0', data: '"text"' },
    ]);
  });

  test('of a hundred thousand rows come back in order', async () => {
    const db = await open();
    const given = Array.from({ length: 100_000 }, (_, index) => `${BigInt(U64_MAX) - BigInt(index)}`);
    const { rows } = await db.query<{ n: string; word: string }>(
      {
        name: 'big_batch',
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
      "INSERT INTO rejects (run_id, record_index, field, reason, excerpt) SELECT 1, 1, $1, '', '' FROM generate_series(1, 2)",
      '23505',
      'rejects_pkey',
    ],
    [
      'a broken check',
      "INSERT INTO runs (source, settings, state) VALUES ($1, '{}', 'nonsense')",
      '23514',
      'runs',
    ],
    [
      'a missing value',
      "INSERT INTO accounts (id, account_type, version, data) VALUES ($1, 'mint', 1, '{}')",
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
    const error = await failureOf(db.query({ name: 'insert_something', text }, ['secret-value-1']));
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

const addReject = (db: Queryable, index: number) =>
  db.query(
    {
      name: 'add_reject',
      text: "INSERT INTO rejects (run_id, record_index, field, reason, excerpt) VALUES (1, $1, '', '', '')",
    },
    [index],
  );
const countRejects = async (db: Queryable) =>
  (await db.query<{ n: number }>({ name: 'count_rejects', text: 'SELECT count(*)::int4 AS n FROM rejects' }))
    .rows[0]?.n;

describeOnEachDatabase('a transaction', (open) => {
  test('commits, and gives what its work gave', async () => {
    const db = await open();
    const given = await db.transaction(async (tx) => {
      await addReject(tx, 1);
      return countRejects(tx);
    });
    expect([given, await countRejects(db)]).toEqual([1, 1]);
  });

  test('rolls back when its work rejects, and rejects with the same', async () => {
    const db = await open();
    const reason = new Error('changed my mind');
    const outcome = db.transaction(async (tx) => {
      await addReject(tx, 1);
      throw reason;
    });
    await expect(outcome).rejects.toBe(reason);
    expect(await countRejects(db)).toBe(0);
  });

  test('rolls back when a statement in it fails', async () => {
    const db = await open();
    const error = await failureOf(
      db.transaction(async (tx) => {
        await addReject(tx, 1);
        await addReject(tx, 1);
      }),
    );
    expect(error.details).toEqual({ sqlstate: '23505', statement: 'add_reject' });
    expect(await countRejects(db)).toBe(0);
  });

  test('whose work passes over a failed statement is not taken for committed', async () => {
    const db = await open();
    const error = await failureOf(
      db.transaction(async (tx) => {
        await addReject(tx, 1);
        await failureOf(addReject(tx, 1));
      }),
    );
    expect(error).toMatchObject({ code: 'database_error', details: { sqlstate: '25P02' } });
    expect(await countRejects(db)).toBe(0);
  });

  test('is not seen or joined by a statement outside of it', async () => {
    const db = await open();
    const [started, finish] = [promised(), promised()];
    const transaction = db.transaction(async (tx) => {
      await addReject(tx, 1);
      started.keep();
      await finish.promise;
      throw new Error('rolled back');
    });
    await started.promise;
    const outside = countRejects(db);
    finish.keep();
    await expect(transaction).rejects.toThrow('rolled back');
    expect(await outside).toBe(0);
  });

  test('rolled back takes nothing of others with it', async () => {
    const db = await open();
    const [started, finish] = [promised(), promised()];
    const transaction = db.transaction(async (tx) => {
      await addReject(tx, 1);
      started.keep();
      await finish.promise;
      throw new Error('rolled back');
    });
    await started.promise;
    const others = [addReject(db, 2), db.transaction((tx) => addReject(tx, 3))];
    finish.keep();
    await expect(transaction).rejects.toThrow('rolled back');
    await Promise.all(others);
    expect(await countRejects(db)).toBe(2);
  });

  test('takes no statement after its end', async () => {
    const db = await open();
    let kept: Queryable | null = null;
    await db.transaction(async (tx) => {
      kept = tx;
    });
    const late = kept as Queryable | null;
    expect(await failureOf(late ? addReject(late, 1) : Promise.resolve())).toMatchObject({
      code: 'internal',
    });
    expect(await countRejects(db)).toBe(0);
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

describeOnEachDatabase('a database', (_, kind) => {
  test('says what it is and where, without a password', async () => {
    const db = await openEmptyDatabase(kind);
    expect(db.kind).toBe(kind);
    expect(db.location).toMatch(
      kind === 'pglite' ? /ingot-test-/ : /^postgres:\/\/postgres@127\.0\.0\.1:\d+\/test_/,
    );
  });

  test('closes behind the statements in hand', async () => {
    const db = await openEmptyDatabase(kind);
    const inHand = Promise.all([
      run(db, 'SELECT 1 AS n'),
      db.transaction((tx) => run(tx, 'SELECT 2 AS n')),
      run(db, 'SELECT 3 AS n'),
    ]);
    await db.close();
    expect((await inHand).map((result) => result.rows[0])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('lets a transaction that is under way come to its end before it closes', async () => {
    const db = await openEmptyDatabase(kind);
    const [started, finish] = [promised(), promised()];
    const transaction = db.transaction(async (tx) => {
      started.keep();
      await finish.promise;
      return run(tx, 'SELECT 1 AS n');
    });
    await started.promise;
    const closed = db.close();
    finish.keep();
    await closed;
    expect((await transaction).rows).toEqual([{ n: 1 }]);
  });

  test('can be closed twice', async () => {
    const db = await openEmptyDatabase(kind);
    await Promise.all([db.close(), db.close()]);
    await expect(db.close()).resolves.toBeUndefined();
  });

  test('that is closed refuses everything', async () => {
    const db = await openEmptyDatabase(kind);
    await db.close();
    const refusals = [
      run(db, 'SELECT 1'),
      db.transaction(async () => 1),
      db.executeScript('none', 'SELECT 1'),
    ];
    for (const refusal of refusals) {
      expect(await failureOf(refusal)).toMatchObject({ code: 'database_unavailable', message: /is closed/ });
    }
  });

  test('that is abandoned rejects whatever is in hand, and ends', async () => {
    const db = await openEmptyDatabase(kind);
    const started = promised();
    const hanging = failureOf(
      db.transaction(async (tx) => {
        await run(tx, 'SELECT 1');
        started.keep();
        await run(tx, 'SELECT count(*) FROM generate_series(1, 10000000000)');
      }),
    );
    await started.promise;
    await db.abandon();
    expect(await hanging).toMatchObject({ code: 'database_unavailable' });
    expect(await failureOf(run(db, 'SELECT 1'))).toMatchObject({ code: 'database_unavailable' });
  });

  test('whose disk is full says so', async () => {
    const db = await openEmptyDatabase(kind);
    const fill = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$";
    expect(await failureOf(run(db, fill))).toMatchObject({
      code: 'disk_full',
      details: { sqlstate: '53100', statement: 'test' },
    });
  });
});
