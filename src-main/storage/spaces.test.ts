import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Database, Queryable } from '../database/database';
import { createTestFolder, describeOnEachDatabase } from '../database/testing/each-database';
import { failureOf } from '../database/testing/expect-failure';
import { landedMigrations } from './landed-migrations';
import { migrate, recreateSchema } from './migrate';
import { type DatabaseTarget, openDatabase } from './open-database';
import { restoreBackup } from './restore-backup';
import { checkSpace, deleteSpace, enterSpace, listSpaces, readIn } from './spaces';
import { writeBackup } from './write-backup';

const add = (source: string) => ({
  name: 'test_add',
  deadline: 'write' as const,
  text: `INSERT INTO runs (source, settings, state, clock, counts)
    VALUES ('${source}', '{}', 'completed', '{"kind": "virtual", "atMs": 0}', '{"indexed": 2, "stale": 1}')`,
});
const list = { name: 'test_list', deadline: 'read', text: 'SELECT source FROM runs ORDER BY id' } as const;
/** Again and again the same text: a prepared one must not remember another space's tables. */
const sources = async (db: Queryable) =>
  (await db.query<{ source: string }>(list)).rows.map(({ source }) => source);

describeOnEachDatabase('a space', (open) => {
  it('keeps everything apart, in every statement, transaction and connection', async () => {
    const db = await open();
    await db.query(add('main.json'));
    await enterSpace(db, 'fast', { how: 'make' });
    expect(await sources(db)).toEqual([]);
    await Promise.all(Array.from({ length: 6 }, (_, at) => db.query(add(`fast-${at}.json`))));
    await db.transaction((tx) => tx.query(add('last.json')));
    expect(await sources(db)).toHaveLength(7);
    expect(await Promise.all([sources(db), sources(readIn(db, null)), sources(db)])).toMatchObject([
      { length: 7 },
      ['main.json'],
      { length: 7 },
    ]);
    expect(await listSpaces(db)).toMatchObject([{ name: 'fast', runs: 7, updates: 21 }]);
    await enterSpace(db, null, { from: 'fast', how: 'make' });
    expect(await Promise.all([sources(db), sources(readIn(db, 'fast'))])).toMatchObject([
      ['main.json'],
      { length: 7 },
    ]);
    await deleteSpace(db, 'fast');
    expect(await listSpaces(db)).toEqual([]);
    expect(await sources(db)).toEqual(['main.json']);
  });

  it('is emptied by a reset alone, and has the whole schema again', async () => {
    const db = await open();
    await db.query(add('main.json'));
    await enterSpace(db, 'one', { how: 'make' });
    await enterSpace(db, 'two', { from: 'one', how: 'make' });
    await db.query(add('two.json'));
    await recreateSchema(db);
    expect(await tablesOf(db)).toEqual(await tablesOf(readIn(db, 'one')));
    expect(await sources(db)).toEqual([]);
    expect(await sources(readIn(db, null))).toEqual(['main.json']);
    expect((await listSpaces(db)).map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('is not entered if it is missing or cannot be read, and then nothing has changed', async () => {
    const db = await open();
    await db.query(add('main.json'));
    const refusal = async (how: 'make' | 'look') => (await failureOf(enterSpace(db, 'old', { how }))).message;
    expect(await refusal('look')).toBe('There is no space old.');
    expect((await failureOf(deleteSpace(db, 'old'))).code).toBe('not_found');
    await db.setSchema('ingot_space_old');
    await migrate(db, landedMigrations.slice(0, 3));
    await db.setSchema('ingot');
    expect(await refusal('look')).toBe('The space old was made by an older version of Ingot.');
    expect((await failureOf(checkSpace(db, 'old'))).code).toBe('schema_mismatch');
    expect(await sources(db)).toEqual(['main.json']);
    await enterSpace(db, 'old', { how: 'make' });
    await checkSpace(db, 'old');
    await db.executeScript('test_newer', `INSERT INTO schema_migrations VALUES (99, 'x', 'y')`);
    await enterSpace(db, null, { from: 'old', how: 'make' });
    expect(await refusal('make')).toContain('has schema version 99');
    expect(await sources(db)).toEqual(['main.json']);
  });

  it('is what a backup of it holds, alone, and where one is restored to', async () => {
    const db = await open();
    await db.query(add('main.json'));
    await enterSpace(db, 'apart', { how: 'make' });
    await db.query(add('apart.json'));
    const path = join(createTestFolder(), 'backup.gz');
    await writeBackup(db, { path, madeAtMs: 0, reason: 'asked', schemaVersion: landedMigrations.length });
    await db.query(add('later.json'));
    await restoreBackup(db, path, 0);
    expect(await sources(db)).toEqual(['apart.json']);
    expect(await sources(readIn(db, null))).toEqual(['main.json']);
  });
});

it('of a directory keeps what it acknowledged over a kill, and leaves the high-water mark to main', async () => {
  const target = { kind: 'data-dir', dataDir: createTestFolder(), space: 'apart' } as const;
  const open = (of: DatabaseTarget) => openDatabase(of, { program: 'test', nowMs: 0 });
  const before = await open(target);
  await before.query(add('apart.json'));
  await before.highWater?.note(1);
  // As if killed: it does not close in order.
  await before.abandon();
  const main = await open({ ...target, space: null });
  expect(main.cameBackEarlier).toBeNull();
  expect(await sources(main)).toEqual([]);
  expect(await sources(readIn(main, 'apart'))).toEqual(['apart.json']);
  await main.close();
  const again = await open(target);
  expect(await sources(again)).toEqual(['apart.json']);
  await again.close();
});

async function tablesOf(db: Queryable | Database): Promise<unknown> {
  const text = `
    SELECT string_agg(tablename, ', ' ORDER BY tablename) AS tables FROM pg_tables
    WHERE schemaname = current_schema()`;
  return (await db.query({ name: 'test_tables', deadline: 'read', text })).rows;
}
