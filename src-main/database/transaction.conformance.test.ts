import { expect, test } from 'vitest';
import type { Queryable } from './database';
import { describeOnEachDatabase, openEmptyDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';

const run = (db: Queryable, text: string) => db.query({ name: 'test', deadline: 'write', text });

function promised(): { promise: Promise<void>; keep: () => void } {
  let keep = () => {};
  const promise = new Promise<void>((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

const addReject = (db: Queryable, index: number) =>
  db.query(
    {
      name: 'add_reject',
      deadline: 'write',
      text: "INSERT INTO rejects (run_id, record_index, position, at_ms, field, reason, excerpt) VALUES (1, $1, 1, 1, '', '', '')",
    },
    [index],
  );
const countRejects = async (db: Queryable) =>
  (
    await db.query<{ n: number }>({
      name: 'count_rejects',
      deadline: 'read',
      text: 'SELECT count(*)::int4 AS n FROM rejects',
    })
  ).rows[0]?.n;

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

  test('that is abandoned rejects all pending calls, and ends', async () => {
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
