import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IngotError } from '../../src-shared/errors';
import type { Statement } from './database';
import { threadsEnded, unpackedPath } from './database-thread';
import { openPglite } from './pglite';
import { createTestDataDir } from './testing/each-database';

const one: Statement = { name: 'one', deadline: 'read', text: 'SELECT 1 AS one' };
const fill: Statement = {
  name: 'fill',
  deadline: 'write',
  text: "DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$",
};

async function openWatched() {
  const losses: IngotError[] = [];
  const db = await openPglite({ dataDir: createTestDataDir(), onLost: (error) => losses.push(error) });
  onTestFinished(() => db.abandon());
  return { db, losses };
}

test('a database in memory works', async () => {
  const db = await openPglite({ dataDir: 'memory' });
  onTestFinished(() => db.abandon());
  expect(db.location).toBe('memory');
  expect((await db.query(one)).rows).toEqual([{ one: 1 }]);
});

test('what is closed can be opened again while its thread is still ending', async () => {
  const dataDir = createTestDataDir();
  for (let turn = 0; turn < 3; turn += 1) {
    const db = await openPglite({ dataDir });
    await db.executeScript(
      'keep',
      `CREATE TABLE IF NOT EXISTS public.kept (n int); INSERT INTO public.kept VALUES (${turn})`,
    );
    await db.close();
  }
  const db = await openPglite({ dataDir });
  const kept: Statement = { name: 'kept', deadline: 'read', text: 'SELECT n FROM public.kept ORDER BY n' };
  expect((await db.query(kept)).rows).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  await db.close();
  await threadsEnded();
});

test('a full disk stops the database, for its next statement would never return', async () => {
  const { db, losses } = await openWatched();
  await expect(db.query(fill)).rejects.toMatchObject({ code: 'disk_full' });
  await expect(db.query(one)).rejects.toMatchObject({
    code: 'disk_full',
    message: `No room is left on the disk that holds the database ${db.location}.`,
  });
  expect(losses.map((loss) => loss.code)).toEqual(['disk_full']);
});

test('a full disk in a transaction gives that error, and everyone in line hears it too', async () => {
  const { db } = await openWatched();
  const transaction = db.transaction((tx) => tx.query(fill));
  const waiting = [db.query(one), db.transaction((tx) => tx.query(one))];
  await expect(transaction).rejects.toMatchObject({ code: 'disk_full' });
  for (const refused of waiting) await expect(refused).rejects.toMatchObject({ code: 'disk_full' });
});

test('a database that breaks down rejects all pending calls, and does nothing more', async () => {
  const { db, losses } = await openWatched();
  await db.executeScript('make', 'CREATE TABLE public.kept (n int)');
  rmSync(join(db.location, 'pg', 'global', 'pg_control'));
  const inHand = [
    db.query({ name: 'checkpoint', deadline: 'maintenance', text: 'CHECKPOINT' }),
    db.query({ name: 'keep', deadline: 'write', text: 'INSERT INTO public.kept VALUES (1)' }),
    db.transaction((tx) => tx.query(one)),
  ];
  await expect(inHand[0]).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringMatching(
      /broke down at the statement "checkpoint": could not open file .*pg_control/,
    ),
  });
  for (const rejected of inHand.slice(1)) {
    await expect(rejected).rejects.toMatchObject({ code: 'database_unavailable' });
  }
  expect(losses.map((loss) => loss.message)).toEqual([`The database ${db.location} broke down.`]);
});

test('a lost database can be closed', async () => {
  const { db } = await openWatched();
  await expect(db.query(fill)).rejects.toMatchObject({ code: 'disk_full' });
  await expect(db.close()).resolves.toBeUndefined();
});

test('closing and abandoning are no losses', async () => {
  const [closed, abandoned] = [await openWatched(), await openWatched()];
  await closed.db.close();
  await abandoned.db.abandon();
  expect([...closed.losses, ...abandoned.losses]).toEqual([]);
});

test('the thread is started from outside of an archive', () => {
  expect(unpackedPath('/opt/Ingot/app.asar/out/main/pglite-worker.js')).toBe(
    '/opt/Ingot/app.asar.unpacked/out/main/pglite-worker.js',
  );
  expect(unpackedPath('/src/ingot/out/main/pglite-worker.js')).toBe('/src/ingot/out/main/pglite-worker.js');
});

const sum: Statement = {
  name: 'sum',
  deadline: 'read',
  text: 'SELECT sum(100 / n)::int4 AS sum FROM unnest($1::int4[]) AS n',
};
const findPrepared: Statement = {
  name: 'find_prepared',
  deadline: 'read',
  text: 'SELECT statement AS text, (generic_plans + custom_plans)::int4 AS runs FROM pg_prepared_statements ORDER BY 1',
};

async function openSums() {
  const db = await openPglite({ dataDir: 'memory' });
  onTestFinished(() => db.abandon());
  const sumOf = async (values: string) => (await db.query<{ sum: number }>(sum, [values])).rows[0]?.sum;
  return { db, sumOf };
}

test('a statement is kept prepared for few rows from its second time on, and planned for many', async () => {
  const { db, sumOf } = await openSums();
  const many = `{${Array(5_000).fill(100).join(',')}}`;
  const sums = [];
  for (const values of ['{1,2}', '{4}', many, '{5}']) sums.push(await sumOf(values));
  expect(sums).toEqual([150, 25, 5_000, 20]);
  expect((await db.query(findPrepared)).rows).toEqual([{ text: sum.text, runs: 2 }]);
});

test('a statement that failed, at any time, works the next time', async () => {
  const { db, sumOf } = await openSums();
  for (let time = 0; time < 3; time += 1) {
    await expect(sumOf('{0}')).rejects.toMatchObject({ code: 'database_error' });
    await expect(db.transaction((tx) => tx.query(sum, ['{0}']))).rejects.toMatchObject({
      code: 'database_error',
    });
    expect(await sumOf('{1}')).toBe(100);
  }
  expect(await db.query(findPrepared)).toMatchObject({ rows: [{ text: sum.text }] });
});

test('of many statements those asked last stay prepared', async () => {
  const { db } = await openSums();
  const ask = async (from: number, to: number) => {
    for (let n = from; n < to; n += 1) {
      const text = `SELECT $1::int4 + ${n} AS sum`;
      for (let time = 0; time < 2; time += 1) {
        const { rows } = await db.query<{ sum: number }>({ name: 'add', deadline: 'read', text }, [1]);
        expect(rows).toEqual([{ sum: n + 1 }]);
      }
    }
  };
  await ask(0, 250);
  await ask(240, 241);
  const { rows } = await db.query<{ text: string }>(findPrepared);
  const kept = rows.map(({ text }) => Number(/\+ (\d+)/.exec(text)?.[1])).sort((a, b) => a - b);
  // Some of the hundred places hold statements that ran once, such as those of the opening.
  expect(kept.at(-1)).toBe(249);
  expect(kept.length).toBeLessThanOrEqual(100);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 250 - kept.length + n));
  expect(kept.length).toBeGreaterThan(90);
});
